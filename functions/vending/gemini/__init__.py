"""Gemini: which models there are, what their tokens cost, and how a token is asked for.

`auth_tokens.Mint` is the entry. It sends one request for each token, never a second one, and
whatever goes wrong is an error of ours without the key in it.
"""
