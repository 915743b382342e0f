"""What is written down of each request, and how it is read back.

`log.AuditLog` writes one line for each request, without secrets and personal data, and keeps
nobody waiting. `reader.AuditTrail` is what operators read: a file on one machine, Cloud Logging in
Google Cloud. `choose` builds both as the settings say.
"""
