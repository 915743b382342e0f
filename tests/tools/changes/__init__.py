"""The changes that CONTRIBUTING.md shows, applied to a copy, and what proves them there."""
