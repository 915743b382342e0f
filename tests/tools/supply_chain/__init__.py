"""What Livepass is made of: locked, licensed, listed, known to be harmless, and with no secret."""
