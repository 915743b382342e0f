"""HTTP without decisions: paths and methods, bodies, problem documents, CORS, and one audit line
per request.

`edge.Edge` is the entry. Whatever goes wrong behind it becomes an answer of the contract.
"""
