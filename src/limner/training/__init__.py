"""Training: finding the weights."""
