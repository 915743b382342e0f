"""Where charges and documents are kept: Firestore, or a SQLite file on one machine.

`ledger.Ledger` and `documents.Documents` are the entries, and the promises that both kinds keep: a
write succeeds only on the version that was read, and one whose outcome is unknown is never counted
twice.
"""
