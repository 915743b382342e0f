"""Attacks that must gain nothing: hostile requests, wrong clocks, and days of simulated traffic for
the guard. SECURITY.md names the test that shows each defence.
"""
