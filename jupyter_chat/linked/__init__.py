"""A user's server on a hub, linked with the hub's chat service: no history, keys or model here."""
