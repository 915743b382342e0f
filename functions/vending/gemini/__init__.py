"""Everything about Gemini: its models, their prices, and how to request a token.

`auth_tokens.Mint` is the entry. It sends one request for each token, never a second one, and turns
any failure into an error of ours, without the key in it. `models` has a row for each model, with
its price.
"""
