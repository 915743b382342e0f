"""Calls other services where no SDK is used: one HTTP client for all, and the function's own access
token for Google's APIs.

`http_client.HttpClient.send` is the entry. It sends a request once, to the given address, and
follows no redirects.
"""
