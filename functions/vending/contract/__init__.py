"""The HTTP contract: every request that is understood and every answer that is given, which OpenAPI
is made from.

Requests are models that validate what comes from outside; answers are typed dictionaries. Nothing
here decides anything.
"""
