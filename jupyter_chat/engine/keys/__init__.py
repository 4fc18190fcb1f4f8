"""Keys of people and of the server: as they are entered, shared, encrypted again."""
