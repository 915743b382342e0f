"""Livepass, broken on purpose: each defect must turn a test red."""
