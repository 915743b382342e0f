"""Tools for the project itself: deliberate defects (`mutants`), locks and licences
(`supply_chain`), and the install scripts.
"""
