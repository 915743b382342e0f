"""Proxies between two programs, for HTTP, gRPC or plain TCP (`line`), which do to a connection what
networks and failing services do.
"""
