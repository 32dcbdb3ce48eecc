"""A shuffled order without an array: the batch of any update, computed from its number.

A permutation of 0..n-1 is a generalised Feistel network over pairs (left, right) of digits base m,
m = ceil(sqrt n): each round maps (left, right) to (right, left + hash(right) mod m), a bijection of
0..m^2-1. A value that falls on n or above is sent through again until it falls below ("cycle
walking"), which keeps it a bijection of 0..n-1; as m^2 - n <= 2 sqrt(n), few are.

Axis letters: b item.

Source: Black and Rogaway, Ciphers with arbitrary finite domains, 2002 (cycle walking and the
generalised Feistel cipher); Steele, Lea and Flood, Fast splittable pseudorandom number generators,
2014 (the hash).
"""

from math import isqrt

import numpy as np
from jaxtyping import Int64, UInt64

_ROUNDS = 8


def batch_indices(length: int, batch_size: int, step: int, seed: int) -> Int64[np.ndarray, "b"]:
    """Indices of one batch, a pure function of the arguments.

    All batches, laid end to end, contain every index once in each epoch; each epoch has its own
    order, and a batch may belong to two epochs. Each of several processes takes its slice of the
    batch. A run resumes by asking for the next batch.

    Args:
        length: Number of items, at least 1.
        batch_size: Number of items in a batch.
        step: Number of the batch, from 0.
        seed: Seed for the order, at least 0.
    """
    position = step * batch_size
    stop = position + batch_size
    parts = []
    while position < stop:
        epoch, first = divmod(position, length)
        count = min(length - first, stop - position)
        parts.append(_permuted(np.arange(first, first + count), length, seed, epoch))
        position += count
    return np.concatenate(parts)


def some_indices(length: int, count: int, seed: int) -> Int64[np.ndarray, "b"]:
    """The first `count` indices of the first epoch's order; all of them if there are fewer."""
    return batch_indices(length, min(length, count), step=0, seed=seed)


def _permuted(
    indices: Int64[np.ndarray, "b"], length: int, seed: int, epoch: int
) -> Int64[np.ndarray, "b"]:
    base = np.uint64(isqrt(length - 1) + 1)
    keys = np.random.SeedSequence((seed, epoch)).generate_state(_ROUNDS, np.uint64)
    values = indices.astype(np.uint64)
    outside = np.arange(len(values))
    while len(outside):
        left, right = np.divmod(values[outside], base)
        for key in keys:
            left, right = right, (left + _hash(right ^ key) % base) % base
        values[outside] = left * base + right
        outside = outside[values[outside] >= length]
    return values.astype(np.int64)


def _hash(value: UInt64[np.ndarray, "b"]) -> UInt64[np.ndarray, "b"]:
    """SplitMix64's finaliser."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))
