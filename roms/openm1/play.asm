; PROG and COMBI play pages: selection by digits, 10's HOLD, UP, DOWN and VALUE slider; the edit buffers.
;
; Line 1 is "Prog I00 Init Prog" or "Combi I00 Init Combi", C where the card's bank is selected. Numbers are kept in BCD, as they
; are keyed in and shown.

; BX = address of the number of the mode in force; its bank is behind it.
current_number:
        mov     bx, prog_number
        cmp     byte [mode], MODE_COMBI
        jne     .end
        mov     bx, combi_number
.end:
        ret

play_key:
        mov     byte [redraw], 1
        call    current_number
        cmp     al, 10
        jb      .digit
        mov     byte [entry_digits], 0
        cmp     al, KEY_UP
        je      .up
        cmp     al, KEY_DOWN
        je      .down
        cmp     al, KEY_HOLD10
        jne     .end
        not1    hold10, 0
.end:
        ret
.up:
        mov     byte [bcd_step], 01h
        call    bcd_add
        jmp     select
.down:
        mov     byte [bcd_step], 99h    ; one less, modulo 100
        cmp     byte [bx], 0
        jne     .less
        call    bank_count              ; below 00 comes the last
        mov     al, ah
        dec     ax
        call    to_bcd
        jmp     select
.less:
        call    bcd_add
        jmp     select
.digit:
        test1   hold10, 0
        jz      .free
        mov     ah, [bx]                ; the tens stay
        and     ah, 0F0h
        or      al, ah
        jmp     select
.free:
        rol4    entry
        inc     byte [entry_digits]
        cmp     byte [entry_digits], 2
        jb      .end
        mov     al, [entry]
        jmp     select

; AL = number at BX + bcd_step, two digits.
bcd_add:
        mov     al, [bx]
%if HAS_ADD4S
        mov     [entry], al
        mov     si, bcd_step
        mov     di, entry
        mov     cl, 2
        add4s
        mov     al, [entry]
%else
        add     al, [bcd_step]
        daa
        mov     [entry], al
%endif
        ret

; AL (0-99) to BCD.
to_bcd:
        aam
        shl     ah, 4
        or      al, ah
        ret

; BCD AL to binary.
from_bcd:
        mov     ah, al
        shr     ah, 4
        and     al, 0Fh
        aad
        ret

; Selects number AL (BCD) of the play mode from the panel, and tells MIDI OUT.
select:
        call    set_number
        mov     al, [SET_CHANNEL]
        or      al, 0C0h
        call    midi_put
        call    current_number
        mov     al, [bx]
        call    from_bcd
        jmp     midi_put

; AL (BCD) as a number there is among AH: with 50 sounds 50-99 are 00-49.
existing_number:
        cmp     ah, 50
        jne     .end
        cmp     al, 50h
        jb      .end
        sub     al, 50h
.end:
        ret

; Sets the number of the play mode to AL (BCD) and loads the sound.
set_number:
        call    current_number
        call    bank_count
        call    existing_number
        mov     [bx], al
        mov     byte [entry_digits], 0
        mov     byte [redraw], 1
        cmp     byte [mode], MODE_COMBI
        je      load_combi
        jmp     load_program

; Both edit buffers anew after the stored data changed; there may be fewer sounds than before.
reload_sounds:
        mov     bx, prog_number
        call    bank_check
        mov     bx, combi_number
        call    bank_check
        call    load_combi

load_program:
        call    program_leave
        mov     al, [prog_number]
        mov     di, prog_edit
        mov     cx, PROG_SIZE
        cmp     byte [prog_bank], 0
        jne     .card
        call    program_address
        rep movsb
        jmp     sounds_changed
.card:
        call    from_bcd
        call    card_program_at
        call    card_fetch
        jmp     sounds_changed
load_combi:
        mov     al, [combi_number]
        mov     di, combi_edit
        mov     cx, COMBI_SIZE
        cmp     byte [combi_bank], 0
        jne     .card
        call    combi_address
        rep movsb
        jmp     sounds_changed
.card:
        call    from_bcd
        call    card_combi_at
        call    card_fetch
        jmp     sounds_changed

; SI = stored program, combination AL (BCD).
program_address:
        call    from_bcd
        mov     ah, PROG_SIZE
        mul     ah
        add     ax, [prog_base]
        mov     si, ax
        ret
combi_address:
        call    from_bcd
        mov     ah, COMBI_SIZE
        mul     ah
        add     ax, COMBI_DATA
        mov     si, ax
        ret

play_slider:                            ; AL = code
        call    current_number
        call    bank_count
        mul     ah
        mov     al, ah                  ; code * count / 256
        call    to_bcd
        cmp     al, [bx]
        jne     select
        ret

draw_prog:
        mov     di, LINE_1
        mov     si, text_prog
        call    put_number
        mov     si, prog_edit
        call    put_name
%ifnidn HOLD_TEXT, ""
        call    draw_hold
%endif
        mov     di, LINE_2
        mov     bl, [prog_edit + 10]
        cmp     bl, 2
        jbe     .known
        mov     bl, 3
.known:
        xor     bh, bh
        shl     bx, 1
        mov     si, [cs:osc_modes + bx]
        call    put_text
        mov     di, LINE_2 + 8
        mov     si, text_poly
        test1   prog_edit + 11, 0
        jz      .assign
        mov     si, text_mono
.assign:
        call    put_text
        mov     di, LINE_2 + OSC_COLUMN
        mov     si, text_osc1
        call    put_text
        mov     al, [prog_edit + 12]
        call    put_three
        cmp     byte [prog_edit + 10], 1
        jne     .end
        mov     di, LINE_2 + 24
        mov     si, text_osc2
        call    put_text
        mov     al, [prog_edit + 14]
        call    put_three
.end:
        ret

draw_combi:
        mov     di, LINE_1
        mov     si, text_combi
        call    put_number
        mov     si, combi_edit
        call    put_name
%ifnidn HOLD_TEXT, ""
        call    draw_hold
%endif
        mov     di, LINE_2
        mov     bl, [combi_edit + 10]
        cmp     bl, 4
        jbe     .known
        mov     bl, 5
.known:
        xor     bh, bh
        shl     bx, 1
        mov     si, [cs:combi_types + bx]
        jmp     put_text

; "Prog " or "Combi " (SI), the bank and the number, or the digit keyed in so far.
put_number:
        call    put_text
        call    current_number
        mov     al, 'I'
        cmp     byte [bx + 1], 0
        je      .bank
        mov     al, 'C'
.bank:
        stosb
        cmp     byte [entry_digits], 0
        jne     .entering
        mov     al, [bx]
        call    put_bcd
        jmp     .space
.entering:
        mov     al, [entry]
        and     al, 0Fh
        or      al, '0'
        mov     ah, '_'
        stosw
.space:
        inc     di
        ret

%ifnidn HOLD_TEXT, ""
draw_hold:
        test1   hold10, 0
        jz      .end
        mov     di, LINE_1 + 31
        mov     si, text_hold
        jmp     put_text
.end:
        ret
%endif
