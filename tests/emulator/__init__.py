"""Gemini Live, emulated: its tokens, its sockets and its manners, on this machine and for nothing.

`gemini.create_app` is the server, `python -m emulator` runs it, `fixtures.gemini` gives it to a
test. What the real service does is taken from published pages, from its own clients and from what
others measured; where nobody knows, the line says `Guess`.
"""
