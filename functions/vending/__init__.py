"""Vend short-lived, locked-down tokens for the Gemini Live API.

A caller is *authenticated*, the request is *shaped* into a grant, the grant is *admitted* against
what the caller has used, a token is *minted*, the token is *counted*, and the answer is *audited*
and sent.

The rooms, from the top down. Each imports only from those below it, and its `__init__` says what
it promises and where to enter:

- `openapi/`: the contract as a document
- `operations/`: what each operation does
- `http/`: the edge, the router, bodies and problem documents
- `tokens/`: a token, from the request to the answer
- `guard/`: blocks, pauses, limits on reads, and the budget
- `audit/`: writing and reading audit lines
- `identity/`: who is calling
- `store/`: charges and documents
- `limits/`: what was used, and whether there is room for more
- `contract/`: requests and answers
- `settings/`: what the operator decides
- `gemini/`: models, prices and token requests
- `outbound/`: calls to other services
- `errors/`: everything that can be refused

Outside the rooms, `app` puts the parts together, `policy` has the limits, one row each, and `clock`
time and its units. The others are small things that several rooms share, such as `strict_json`.
"""
