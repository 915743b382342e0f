"""What each operation of the contract does, for one request that has passed the edge.

`talks.Endpoints` is the entry. `present` and `present_admin` turn what was decided into the
contract's answers.
"""
