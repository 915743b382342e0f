"""Tools for the project itself: deliberate defects (`mutants`), clients by other people's
generators (`generators`), locks and licences (`supply_chain`), and the install scripts.
"""
