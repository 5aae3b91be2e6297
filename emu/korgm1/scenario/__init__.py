"""Owners' reports as cases that run: what was reported beside what the emulated board does.

The cases are `korgm1/scenarios/*.toml`. Each says who reported what, sets up an instrument, does things to it in
phases, and says what must be seen in each. docs/scenarios.md has the format.

>>> from korgm1.scenario.description import scenario_named
>>> from korgm1.scenario.running import run
>>> run(scenario_named("dead-cell")).holds
True
"""
