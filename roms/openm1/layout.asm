; Where programs, combinations and sequences lie for the allocation in force, and their initial contents.
;
; The pool holds exactly what an ALL DATA dump carries, in its order:
; global 861, combinations n x 124, programs n x 143, sequence control 1522, steps 4 each (n = 100 or 50).

; Sets sound_count, prog_base, seq_base from SET_ALLOCATION.
set_layout:
        mov     al, 100
        cmp     byte [SET_ALLOCATION], 0
        je      .count
        mov     al, 50
.count:
        mov     [sound_count], al
        mov     ah, COMBI_SIZE
        mul     ah
        add     ax, COMBI_DATA
        mov     [prog_base], ax
        mov     bx, ax
        mov     al, [sound_count]
        mov     ah, PROG_SIZE
        mul     ah
        add     ax, bx
        mov     [seq_base], ax
        ret

; The largest number of steps for allocation AL, in DX.
step_limit:
        mov     dx, STEPS_100
        test    al, al
        jz      .end
        mov     dx, STEPS_50
.end:
        ret

; Init Prog at DI, Init Combi at DI; DI moves past it. Both keep CX.
init_program:
        mov     si, program_defaults
        mov     ax, PROG_SIZE
        jmp     copy_defaults
init_combi:
        mov     si, combi_defaults
        mov     ax, COMBI_SIZE
copy_defaults:                          ; AX bytes from CS:SI
        push    cx
        mov     cx, ax
.next:
        cs lodsb
        stosb
        loop    .next
        pop     cx
        ret

; Ten songs "New Song", 100 patterns of one empty bar, no steps.
init_sequences:
        mov     word [SET_STEPS], 0
        mov     di, [seq_base]
        mov     cx, SONGS
.song:
        mov     si, song_defaults
        mov     ax, SONG_SIZE
        call    copy_defaults
        loop    .song
        mov     cx, PATTERNS
        mov     ax, [cs:pattern_defaults]
.pattern:
        stosw
        loop    .pattern
        mov     cx, SEQ_OFFSETS
        xor     ax, ax
.offset:
        stosw
        loop    .offset
        ret
