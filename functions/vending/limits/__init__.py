"""Decides whether a caller's usage leaves room for a request.

`admit.admit` is the entry. It decides from values that were read, without I/O and without a clock
of its own: the same values and the same time give the same decision. `counts` says how much of each
limit is used, `violations` which limits refuse, and until when.
"""
