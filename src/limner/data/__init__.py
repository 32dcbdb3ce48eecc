"""Drawings in every form they come in: read, split, fetched, written."""
