"""What is administered from the command line: `jupyter chat keys`, `jupyter chat audit`."""
