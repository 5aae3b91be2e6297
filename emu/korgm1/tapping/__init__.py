"""What the firmware tells the sound chips: every port write written down, and which registers follow a parameter.

Nothing here knows the chips' registers. Names and meanings come from `korgm1.sound.registers`, our stand-in, and only
where they are asked for; the writes and the analysis are those of any firmware.
"""
