"""Protects the service and its budget: blocks, pauses, limits on reads, and the budget's scheduled
job.

`abuse.Guard` is the entry for requests, `budget_job.BudgetGuard` that for Cloud Scheduler. Neither
refuses an honest caller.
"""
