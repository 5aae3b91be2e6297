! Names of sounds, ten characters each without ends, and what a new sound is.

.text
entry	none
export	none
none:
.data
export	_N_SOUNDS
_N_SOUNDS:
	.ascii	"Felt PianoTine Keys Plucked   Clavier   "
	.ascii	"Pipes     Reed OrganSoft BrassTrumpet   "
	.ascii	"Trombone  Oboe      Clarinet  Flute     "
	.ascii	"Pan Pipe  Bottle    Violin    Cello     "
if VERSION=24
	.ascii	"Strings 1 "
else
	.ascii	"Orchestra "
endif
	.ascii	"Strings 2 Choir     Voices    Bell      "
	.ascii	"Glass     Deep Bass Slap Bass "
if VERSION=31
	.ascii	"Kalimba   Sitar     "
endif
export	_N_NEW
_N_NEW:
if VERSION=24
	.ascii	"New Sound "
	.byte	0,90,127
else
	.ascii	"Empty One "
	.byte	4,99,127
endif
