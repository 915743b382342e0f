"""Identifies callers, by ID tokens of OpenID Connect issuers and Firebase App Check tokens.

`authenticate.Authenticator` is the entry. It trusts a token only after verifying its signature,
issuer, audience and times. Keys come only from the issuer, and are kept while it is unreachable.
"""
