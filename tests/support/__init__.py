"""What the suites share: every helper that is not a test, in a folder for each kind. Suites
import support; support imports no suite.
"""
