"""Interchangeable implementations keep the same promises: stores, documents, audit trails and
clients; `emulator/` holds the Gemini emulator to Google's own SDKs and documents, and `networks/`
the network of `make networks` to what it is told.
"""
