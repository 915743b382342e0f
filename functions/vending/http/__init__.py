"""HTTP without decisions: paths and methods, bodies, problem documents, CORS, and one audit line
per request.

`edge.Edge` is the entry of requests, `budget_job.BudgetGuard` that of Cloud Scheduler. Whatever
goes wrong behind the edge becomes an answer of the contract.
"""
