"""Finding the weights."""
