"""File formats that drawings come in."""
