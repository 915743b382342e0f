"""The short forms of load; `python -m support.load` runs the long ones."""
