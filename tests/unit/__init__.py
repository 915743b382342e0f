"""Each part alone, in a folder per room of `functions/vending`. Tests of modules outside
the rooms are directly in here.
"""
