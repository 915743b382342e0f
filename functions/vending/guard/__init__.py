"""What protects the service and its budget from callers: blocks, pauses, bounds on reads, and
budgets that pause minting.

`abuse.Guard` is the entry of requests, `spending.BudgetCheck` that of the budget's job. An honest
caller is refused by neither.
"""
