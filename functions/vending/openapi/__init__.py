"""The contract as an OpenAPI 3.1 document, made from the table of operations and their handlers.

`document.document` makes it; `python -m vending.openapi` prints it. The functions do not use it: it
is for generating clients, and tests compare it with what the functions answer.
"""
