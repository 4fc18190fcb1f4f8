"""The chat server is killed at random, over and over, while people go on asking.

    python -m tests.faults --rounds 50 --store sqlite --seed 1 --json FILE

Whatever was acknowledged is held against what the store has in the end: nothing may be
lost, nothing may be there twice, and every answer is what the model's server said, up to
where it was cut.
"""
