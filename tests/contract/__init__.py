"""Implementations that stand in for one another promise the same: stores, documents, audit trails
and clients; `emulator/` holds the Gemini emulator to Google's own SDKs and documents.
"""
