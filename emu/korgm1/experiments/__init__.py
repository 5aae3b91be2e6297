"""Experiments on a firmware: each asks one question that nobody's paper answers, by running the firmware.

Every experiment takes (firmware, model, progress) and returns a frozen dataclass with `to_dict()`. It works on any
128 KB V50 firmware: where one does not come to a page that stands still, the result says so in `notes`.
"""
