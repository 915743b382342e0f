"""Protects the service and its budget: blocks, pauses, limits on reads, and budgets that pause
minting.

`abuse.AbuseGuard` is the entry for requests, `budget_check.BudgetCheck` that for the budget's
scheduled job. Neither refuses an honest caller. What the guard or an operator decides is a
`ruling`: a block, a pause or a temporary tier. `ruling_store` keeps them, and knows those in force.
"""
