"""Numbers out of a model: how well it does, and on what."""
