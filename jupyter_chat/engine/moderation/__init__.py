"""What is asked and answered is looked at, where the administrator wants that."""
