"""A data set that needs no download: drawings by an imaginary hand in a hurry."""
