"""The laws of the cell, the supply and the memory: numbers in, numbers out, no device and no clock."""
