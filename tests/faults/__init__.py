"""Everything that can go wrong does, at random, while people go on asking.

    python -m tests.faults --rounds 50 --store sqlite --seed 1 --json FILE

The chat server is killed or stopped and started again, its database goes away for a while,
connections of pages break within a frame, the model's server breaks off, falls silent, sends
nonsense or refuses; in part of the rounds answers are durable.  Two people share each
conversation, ask at the same time and follow all of it.

Whatever was acknowledged is held against what the store has in the end: nothing may be
lost, nothing may be there twice, every answer is what the model's server said on the wire,
up to where it was cut, and every page shows what is stored, byte for byte.
"""
