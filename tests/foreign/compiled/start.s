! From reset to main; entries of the interrupts; what C has no words for.

.text
entry	start
export	start
start:
	cli
	cld
	mov	ax,#DATA_SEGMENT
	mov	ds,ax
	mov	es,ax
	mov	ss,ax
	mov	sp,#STACK_TOP
	xor	di,di			! initialised data from the ROM, then zeros
	mov	cx,#DATA_SIZE
	mov	ax,#DATA_ROM
	mov	ds,ax
	xor	si,si
	rep
	movsb
	mov	cx,#STACK_TOP
	sub	cx,di
	xor	al,al
	rep
	stosb
	mov	ax,es
	mov	ds,ax

	mov	si,#setup		! the V50's units and the ports
next:	seg	cs
	mov	dx,[si]
	test	dx,dx
	je	done
	seg	cs
	mov	al,2[si]
	out	dx,al
	add	si,#3
	jmp	next
done:
	push	es
	xor	ax,ax
	mov	es,ax
	xor	di,di			! every vector is the one that does nothing, then two that do
	mov	cx,#256
vector:	mov	ax,#nothing
	stosw
	mov	ax,cs
	stosw
	loop	vector
	mov	ax,#tick_entry
	seg	es
	mov	[$48*4],ax
	mov	ax,#serial_entry
	seg	es
	mov	[$49*4],ax
	pop	es
	call	_main
stop:	jmp	stop

export	nothing
nothing:
	iret

export	tick_entry
tick_entry:
	push	ax
	push	bx
	push	cx
	push	dx
	push	ds
	push	es
	mov	ax,#DATA_SEGMENT
	mov	ds,ax
	mov	es,ax
	cld
	call	_tick
	mov	al,#$60			! finish level 0
	out	$60,al
	pop	es
	pop	ds
	pop	dx
	pop	cx
	pop	bx
	pop	ax
	iret

export	serial_entry
serial_entry:
	push	ax
	push	bx
	push	cx
	push	dx
	push	ds
	push	es
	mov	ax,#DATA_SEGMENT
	mov	ds,ax
	mov	es,ax
	cld
	call	_serial
	mov	al,#$61			! finish level 1
	out	$60,al
	pop	es
	pop	ds
	pop	dx
	pop	cx
	pop	bx
	pop	ax
	iret

! port, value; 0 ends
export	setup
setup:
	.word	$FFF4
	.byte	$11
	.word	$FFF5
	.byte	$55
	.word	$FFF6
	.byte	$05
	.word	$FFF2
	.byte	$00
	.word	$FFFC
	.byte	$00
	.word	$FFF8
	.byte	$80
	.word	$FFF9
	.byte	$70
	.word	$FFFA
	.byte	$60
	.word	$FFFD
	.byte	$0E
	.word	$FFF0
	.byte	$00
	.word	$FFFE
	.byte	$06
	.word	$0A0E			! PE out
	.byte	$00
	.word	$0A0C			! PA, PC, PD out
	.byte	$0C
	.word	$0A08
	.byte	$00
	.word	$0A00
	.byte	$30
	.word	$0A04
	.byte	$01
	.word	$60			! ICU: edges, vectors from 48, finished by hand, levels 0 and 1
	.byte	$13
	.word	$62
	.byte	$48
	.word	$62
	.byte	$01
	.word	$62
	.byte	$FC
	.word	$76			! timer 1: square wave, MIDI's 16 x 31250
	.byte	$76
	.word	$72
	.byte	$08
	.word	$72
	.byte	$00
	.word	$76			! timer 0: rate generator, the tick
	.byte	$34
	.word	$70
	.byte	TICK_LOW
	.word	$70
	.byte	TICK_HIGH
	.word	$84
	.byte	$4E
	.word	$82
	.byte	$15
	.word	$86
	.byte	$02
	.word	0

! inp(port), outp(port, value)
export	_inp
_inp:
	mov	bx,sp
	mov	dx,2[bx]
	in	al,dx
	xor	ah,ah
	ret

export	_outp
_outp:
	mov	bx,sp
	mov	dx,2[bx]
	mov	ax,4[bx]
	out	dx,al
	ret

export	_enable
_enable:
	sti
	ret

export	_disable
_disable:
	cli
	ret

! peekb(segment, offset)
export	_peekb
_peekb:
	push	bp
	mov	bp,sp
	push	es
	mov	es,4[bp]
	mov	bx,6[bp]
	seg	es
	mov	al,[bx]
	xor	ah,ah
	pop	es
	pop	bp
	ret

! the compiler's own: AX / BX, remainders, unsigned and signed
export	idiv_u
idiv_u:
	xor	dx,dx
	div	bx
	ret

export	imodu
imodu:
	xor	dx,dx
	div	bx
	mov	ax,dx
	ret

export	imod
imod:
	cwd
	idiv	bx
	mov	ax,dx
	ret
