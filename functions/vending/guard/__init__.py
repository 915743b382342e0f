"""What protects the service and its budget from callers: blocks, pauses, bounds on reads, and the
budget's own job.

`abuse.Guard` is the entry of requests, `budget_job.BudgetGuard` that of Cloud Scheduler. An honest
caller is refused by neither.
"""
