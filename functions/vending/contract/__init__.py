"""The HTTP contract: every request and answer, from which the OpenAPI document is generated.

Requests are models that validate what comes from outside; answers are typed dictionaries. Nothing
is decided here.
"""
