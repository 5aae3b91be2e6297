"""The CPU: its engines, and the hardware recordings they are checked against."""
