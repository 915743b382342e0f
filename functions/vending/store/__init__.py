"""Keeps charges and documents in Firestore, or in a SQLite file on one machine.

`ledger.Ledger` and `documents.Documents` are the entries; `build_store` in `app` chooses by the
scheme of LIVE_API_LEDGER. Both kinds promise the same: a write succeeds only on the version that
was read, and one with an unknown outcome is never counted twice.
"""
