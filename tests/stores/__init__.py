"""Stores for the tests to run against: Google's own Firestore emulator."""
