"""Clients that other people's generators make of the contract, compiled and run."""
