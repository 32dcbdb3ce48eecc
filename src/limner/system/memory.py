"""Memory that was freed, given back to the system.

The C library of Linux (glibc) keeps what is freed for itself. Compiling a training step frees some
300 MB, which would stay with the process for as long as it trains.
"""

import ctypes


def give_back_memory() -> None:
    """Give freed memory back to the system; does nothing where the C library has no such call."""
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):  # another C library, or none that has a name
        return
    trim(0)
