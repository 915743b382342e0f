"""Vend short-lived, locked-down tokens for the Gemini Live API.

A caller is *authenticated*, the request is *shaped* into a grant, the grant is *admitted* against
what the caller has used, a token is *minted*, the token is *counted*, and the answer is *audited*
and sent.

The rooms, from the top; each imports only from those below it, and its `__init__` says what it
promises and where to enter:

- `operations/`: what each operation does
- `http/`: the edge, the router, bodies and problem documents
- `tokens/`: a token from the request to the answer
- `guard/`: blocks, pauses, bounds on reads, and the budget
- `audit/`: the audit lines, and how they are read back
- `identity/`: who is calling
- `store/`: where charges and documents are kept
- `limits/`: what was used, and whether there is room for more
- `contract/`: requests and answers
- `gemini/`: models, prices, and how a token is asked for
- `outbound/`: how other services are called

Beside them, `app` puts the real parts together, `settings` reads what an operator decides, `policy`
has the limits, and `errors` all that can be refused.
"""
