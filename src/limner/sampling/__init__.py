"""Drawings out of a model, as arrays."""
