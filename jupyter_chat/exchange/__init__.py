"""Taking histories along: what leaves as files, and what comes in from them."""
