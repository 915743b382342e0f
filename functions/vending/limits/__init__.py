"""What a caller has used, and whether that leaves room for what they ask.

`admit.admit` is the entry: a decision about values that were read, without I/O and without a clock
of its own. The same values and the same time give the same decision.
"""
