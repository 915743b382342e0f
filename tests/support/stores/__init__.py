"""Stores, seen from outside the functions: Google's Firestore emulator; ledgers that are read,
seeded, aged and damaged; the size of a document; a seeded day for the admin dashboard.
"""
