"""How long the suites run and from which seed, set by the environment, and the tables they print at
the end.
"""
