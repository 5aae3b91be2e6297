! The second code segment's own: its name, what C has no words for.

.text
entry	begin
export	begin
.globl	_far_midi
.globl	_far_setup
begin:
	.ascii	"SUB PROGRAM"
	.byte	0

! from_rom(to, segment, offset, n)
export	_from_rom
_from_rom:
	push	bp
	mov	bp,sp
	push	si
	push	di
	push	ds
	mov	di,4[bp]
	mov	si,8[bp]
	mov	cx,10[bp]
	mov	ax,6[bp]
	mov	ds,ax
	rep
	movsb
	pop	ds
	pop	di
	pop	si
	pop	bp
	ret

export	imod
imod:
	cwd
	idiv	bx
	mov	ax,dx
	ret
