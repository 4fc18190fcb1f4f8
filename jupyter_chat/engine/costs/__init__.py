"""What replies take and cost, and what may be spent."""
