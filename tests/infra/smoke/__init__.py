"""Whether a deployment does what it promises, seen from outside: `python -m infra.smoke URL`.

It needs no access to the project, but for a test user (`sign_in`), and leaves nothing behind.
"""
