"""The fault matrix: a cell for each thing that can go wrong, what must come of it, and which calls
to the store it affects.
"""
