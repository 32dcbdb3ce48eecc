"""How work on data says how far it is."""

from collections.abc import Callable

Progress = Callable[[int, int], None]
"""Called with what is done and all there is to do: bytes to download, or drawings to write."""
