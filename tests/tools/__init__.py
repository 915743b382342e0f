"""Tools for the project itself: defects made on purpose (`mutants`), locks and licences
(`supply_chain`), and the scripts that install.
"""
