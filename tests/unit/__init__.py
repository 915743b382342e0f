"""Each part by itself, in a folder for its room of `functions/vending`. Tests of modules outside
the rooms are directly in here.
"""
