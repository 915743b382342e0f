"""An emulator of Gemini Live: its tokens, sockets and behaviour, on this machine and free of
charge.

`gemini.create_app` is the server, `python -m emulator` runs it, `fixtures.gemini` gives it to a
test. What it knows of the real service comes from published pages, its own clients and what others
measured; where nobody knows, the line says `Guess`.
"""
