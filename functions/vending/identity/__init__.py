"""Who is calling: ID tokens of OpenID Connect issuers, and Firebase App Check tokens.

`authenticate.Authenticator` is the entry. It believes a token only after its signature, issuer,
audience and times have been verified; keys come from the issuer alone, and are kept while it is
away.
"""
