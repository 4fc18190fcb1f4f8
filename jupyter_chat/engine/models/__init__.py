"""What is known of the models: shipped, from their servers, from the administrator."""
