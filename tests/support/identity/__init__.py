"""Signing in: an OpenID issuer on loopback, App Check tokens, and hostile ID tokens."""
