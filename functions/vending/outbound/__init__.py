"""How other services are called where no SDK is in use: one HTTP client, the same everywhere, and
the function's own access token for Google's APIs.

`http_client.HttpClient.send` is the entry. A request is sent once, to the address that was given,
and follows no redirect.
"""
