"""Accounts on this server (`jupyter chat --accounts`): people, passwords, sessions.

Like the engine it knows no tornado, but for `provider.py` and `authorizer.py`, which a Jupyter
server asks.  Nothing here is of effect on a server without accounts.
"""
