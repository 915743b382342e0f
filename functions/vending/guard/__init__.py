"""Protects the service and its budget: blocks, pauses, limits on reads, and budgets that pause
minting.

`abuse.Guard` is the entry for requests, `spending.BudgetCheck` that for the budget's scheduled job.
Neither refuses an honest caller.
"""
