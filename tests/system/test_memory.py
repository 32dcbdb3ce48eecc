"""Memory that was freed goes back to the system where the C library can do it."""

import ctypes
import platform
import resource
from pathlib import Path

import pytest

from limner.system.memory import give_back_memory


def resident() -> float:
    """Resident memory of this process, MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps what is freed")
def test_what_is_freed_below_a_block_in_use_goes_back():
    libc = ctypes.CDLL(None)
    libc.malloc.restype, libc.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
    size = 60_000  # small enough to lie in the heap
    blocks = [libc.malloc(size) for _ in range(3_000)]
    for block in blocks:
        ctypes.memset(block, 1, size)
    *most, last = blocks
    for block in most:
        libc.free(block)
    before = resident()
    give_back_memory()
    assert before - resident() > 150  # of 180 MB
    libc.free(last)


@pytest.mark.parametrize("error", [AttributeError, OSError, TypeError])
def test_another_c_library_is_left_alone(monkeypatch, error):
    def without_it(name):
        raise error

    monkeypatch.setattr(ctypes, "CDLL", without_it)
    give_back_memory()
