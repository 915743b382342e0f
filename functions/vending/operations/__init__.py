"""What each operation does, once a request has passed the edge.

`table` declares each operation once. `dispatch.Dispatch` is the entry: it finds the handler of that
name. `present` and `present_admin` turn decisions into the contract's answers.
"""
