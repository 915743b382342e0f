"""The people who ask. Over HTTP: one caller, a crowd, a greedy client, requests at random. On a
simulated clock: one user's day to the millisecond (`story`), and a town of honest people and
attackers.
"""
