"""HTTP, and nothing of what is decided: paths and methods, bodies, problem documents, CORS, and one
audit line for each request.

`edge.Edge` is the entry. Whatever goes wrong behind it becomes an answer of the contract.
"""
