"""Boots over a grid of cell volts, times off, temperatures and chips (korgm1 sweep).

module       what
grid         which points there are, and their order
template     what every point of a sweep has in common; image: the RAM it starts from
outcome      what a boot came to: play, warning, partial, init, hang
point        one point
journal      the points done so far, beside the output; table: the finished file
local        processes of this machine; cluster: a dask.distributed cluster
sweeping     all of it together: `sweep`
summary      the finished rows as a few lines
"""
