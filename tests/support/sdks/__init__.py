"""Google's JavaScript SDK, unpatched: the scenarios it must pass under Node and in Chromium."""
