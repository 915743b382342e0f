"""Vends tokens: shapes a request into a grant, admits it, mints, counts, and only then answers.

`vend.Vending` is the entry. Every token is counted before it leaves, and the same Idempotency-Key
gets the same token again.
"""
