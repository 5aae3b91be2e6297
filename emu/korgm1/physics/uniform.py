"""Numbers drawn by a key: the same key gives the same numbers on every machine, and nothing is stored.

SplitMix64 as a counter: number i of a key is scramble(key + (i + 1) x golden), so any place can be asked alone.
The generator is Steele, Lea and Flood's (2014), in the public domain.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import numpy.typing as npt

_MASK = (1 << 64) - 1
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)

Draws = npt.NDArray[np.uint64]


def key(seed: int, *words: int) -> int:
    """The key of one stream of a seed, 0 to 2^64 - 1.

    Args:
        seed: any whole number, taken modulo 2^64.
        words: which stream, whole numbers.

    >>> key(1, 2) != key(1, 3) != key(2, 3)
    True
    """
    number = _scramble(seed)
    for word in words:
        number = _scramble(number + word)
    return number


def uniform(key: int, count: int) -> Draws:
    """The first numbers of a key, uniform over 64 bits.

    >>> [int(n) >> 60 for n in uniform(7, 4)] == [int(n) >> 60 for n in uniform(7, 9)[:4]]
    True
    """
    z = np.arange(1, count + 1, dtype=np.uint64)
    return _finish(z, key)


def uniform_at(key: int, places: npt.NDArray[np.integer]) -> Draws:
    """The numbers at some places of a key.

    >>> bool(uniform_at(7, np.array([3]))[0] == uniform(7, 4)[3])
    True
    """
    return _finish(places.astype(np.uint64) + np.uint64(1), key)


def share(key: int) -> float:
    """One number of a key, uniform between 0 and 1, neither of them.

    >>> 0 < share(key(1, 2)) < 1
    True
    """
    return ((_scramble(key) >> 12) + 0.5) / 2**52


def normal(key: int) -> float:
    """One number of a key with mean 0 and standard deviation 1."""
    return NormalDist().inv_cdf(share(key))


def _finish(z: Draws, key: int) -> Draws:
    z *= _GOLDEN
    z += np.uint64(key & _MASK)
    z ^= z >> np.uint64(30)
    z *= np.uint64(0xBF58476D1CE4E5B9)
    z ^= z >> np.uint64(27)
    z *= np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return z


def _scramble(number: int) -> int:
    z = (number + int(_GOLDEN)) & _MASK
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    z = (z ^ z >> 27) * 0x94D049BB133111EB & _MASK
    return z ^ z >> 31
