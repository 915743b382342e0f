"""What each operation of the contract does, for one request that has passed the edge.

`table` declares each operation once, `dispatch.Dispatch` is the entry: it finds the handler of that
name, which is beside others of its kind. `present` and `present_admin` turn what was decided into
the contract's answers.
"""
