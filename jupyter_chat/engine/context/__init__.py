"""What a model gets to see: counting, choosing, summing up, and showing people the same."""
