"""korgm1: the NEC V50 board of the Korg M1, run by its firmware."""

__version__ = "0.1.0"
