"""Requests, honest and hostile, down to bytes that no client sends, and the answers that the
contract promises.
"""
