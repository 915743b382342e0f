"""Vend short-lived, locked-down tokens for the Gemini Live API.

A caller is *authenticated*, the request is *shaped* into a grant, the grant is *admitted* against
what the caller has used, a token is *minted*, the token is *counted*, and the answer is *audited*
and sent.
"""
