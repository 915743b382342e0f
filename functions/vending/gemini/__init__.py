"""Gemini, as it is bought: which models there are, what their tokens cost, and how it is asked for
a token of its own.

`auth_tokens.Mint` is the entry. It sends one request for each token, never a second one, and
whatever goes wrong is an error of ours without the key in it.
"""
