"""Writes an audit line for each request, and reads the lines back.

`log.AuditLog` writes the line, without secrets or personal data, and never blocks.
`reader.AuditTrail` is what operators read: a file on one machine, Cloud Logging in Google Cloud.
`choose` builds both as the settings say.
"""
