"""An instrument's years: what happened to its cell, its supply and its memory, event by event."""
