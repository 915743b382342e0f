"""Vends tokens: shapes a request into a grant, admits it, mints, counts, and only then answers.

`vend.Vending` is the entry. Every token is counted before it leaves. A repeated request gets the
same token again: `idempotency` seals it under the request's key, and finds and opens it.
"""
