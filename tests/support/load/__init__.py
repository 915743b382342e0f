"""Load on the functions: steady for long, flooded by one user, and with Gemini away (`python -m
support.load`). `soak` loads the emulator's sockets.
"""
