"""Clients in this process, and real servers that they speak to."""
