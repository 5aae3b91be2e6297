! Texts that stay in the ROM, in a segment of their own. Lines of 40 have no end.

.text
entry	none
export	none
none:
.data
export	_S_BANNER
_S_BANNER:
	.ascii	"KEYBOARD COMPUTER MODEL ONE"
	.byte	0
export	_S_VERSION
_S_VERSION:
if VERSION=24
	.ascii	"System #24  (c) 1988"
else
	.ascii	"System #31  (c) 1988"
endif
	.byte	0
export	_S_CELL
_S_CELL:
if VERSION=24
	.ascii	"Internal cell is weak!"
else
	.ascii	"Please change internal cell!"
endif
	.byte	0
export	_S_BAD
_S_BAD:
	.ascii	"Memory was lost: sounds are set up again"
	.byte	0
export	_S_CLEAR
_S_CLEAR:
	.ascii	"Memory cleared"
	.byte	0
if VERSION=24
export	_S_BUILT
_S_BUILT:
	.ascii	"Built by hand on a Tuesday"
	.byte	0
endif
export	_S_EDIT
_S_EDIT:
	.ascii	"EDIT        Level     Cutoff            "
export	_S_GLOB
_S_GLOB:
	.ascii	"GLOBAL      Channel   Tune   Transpose  "
if VERSION=31
export	_S_SENT
_S_SENT:
	.ascii	"Sound was sent"
	.byte	0
endif
