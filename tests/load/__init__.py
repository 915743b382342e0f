"""Livepass under load: steady for long, flooded by one user, and with Gemini away."""
