"""DRAW itself: the paper's equations, its loss, and the weights as a file."""
