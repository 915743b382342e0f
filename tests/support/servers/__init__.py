"""Real processes of the functions, as in production (`fleet`), scripted step by step (`staging`) or
under attack (`attacked`), small servers beside them, and the search for secrets in everything they
write (`canaries`).
"""
