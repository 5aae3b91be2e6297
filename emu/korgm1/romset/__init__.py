"""Which ROM is this? From bytes to an identity, to a pair, to the 128 KB the board runs."""
