"""The command line."""

from limner.cli.main import main

__all__ = ["main"]
