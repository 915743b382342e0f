"""Vends tokens: a request is shaped into a grant, admitted, minted, counted, and only then
answered.

`vend.Vending` is the entry. Nothing is handed out that was not counted, and the same Idempotency-
Key gets the same token again.
"""
