"""What notebooks, scripts and terminals hold: a client of the chat server.

Nothing here knows the engine or a store: it speaks `protocol` over the wire.
"""
