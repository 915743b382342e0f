"""Interchangeable implementations keep the same promises: stores, documents, audit trails and
clients; `emulator/` holds the Gemini emulator to Google's own SDKs and documents.
"""
