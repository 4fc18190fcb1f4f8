"""What people may take of what all share: limits, kept before anything is asked."""
