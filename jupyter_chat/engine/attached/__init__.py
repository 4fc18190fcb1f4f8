"""What goes with a question: files, notebooks and values, as text and pictures."""
