; The EDIT PROG page of the versions that have it (HAS_NAMES_PAGE): the names of a program's multisounds and effects, nothing to edit.
; ms_names is made by tools/openm1_tables.py from the open wave ROM; the names of the effects are ours.

PROG_MODE       equ     10              ; bytes of a program: 0 SINGLE, 1 DOUBLE, 2 DRUMS
PROG_SOUND_1    equ     12              ; multisound of oscillator 1, of oscillator 2
PROG_SOUND_2    equ     14
PROG_EFFECT_1   equ     38              ; types of the effects
PROG_EFFECT_2   equ     39
EFFECT_NAME     equ     10              ; characters

draw_edit_prog:
        mov     di, LINE_1
        mov     si, mode_names.edit_prog
        call    put_text
        cmp     byte [prog_edit + PROG_MODE], 2
        jae     .effects
        mov     di, LINE_1 + 11
        mov     al, [prog_edit + PROG_SOUND_1]
        call    put_multisound
        cmp     byte [prog_edit + PROG_MODE], 1
        jne     .effects
        mov     di, LINE_1 + 25
        mov     al, [prog_edit + PROG_SOUND_2]
        call    put_multisound
.effects:
        mov     di, LINE_2
        mov     si, text_effect_1
        call    put_text
        mov     al, [prog_edit + PROG_EFFECT_1]
        call    put_effect
        mov     di, LINE_2 + 20
        mov     si, text_effect_2
        call    put_text
        mov     al, [prog_edit + PROG_EFFECT_2]

; Name of effect AL at DI, of multisound AL; "?" where there is none.
put_effect:
        mov     bx, effect_names
        mov     cx, EFFECT_NAMES << 8 | EFFECT_NAME
        jmp     put_row
put_multisound:
        mov     bx, ms_names
        mov     cx, MS_NAMES << 8 | MS_NAME_SIZE
put_row:                                ; row AL of CH rows of CL characters at CS:BX
        mov     si, text_unknown
        cmp     al, ch
        jae     put_text
        xor     ch, ch
        mul     cl
        add     bx, ax
        mov     si, bx
.next:
        cs lodsb
        stosb
        loop    .next
        ret

text_effect_1:          db "FX1 ", 0
text_effect_2:          db "FX2 ", 0

effect_names:
        db      "Hall      ", "BrightHall", "Big Hall  ", "Room      ", "Big Room  ", "Stage     "
        db      "Early 1   ", "Early 2   ", "Early 3   ", "Delay L+R ", "DelayCross"
        db      "Chorus 1  ", "Chorus 2  ", "Flanger   ", "FlangCross", "Phaser 1  ", "Phaser 2  "
        db      "Tremolo 1 ", "Tremolo 2 ", "EQ 2 Bands", "Drive Soft", "Drive Hard", "Exciter   "
        db      "Ensemble  ", "Rotor     ", "Delay+Hall", "Delay+Room", "DelayEarly", "2 Delays  "
        db      "DelChorus ", "DelFlanger", "DelPhaser ", "DelTremolo"
%if EFFECT_NAMES == 34
        db      "No Effect "
%endif
        times   -($ - effect_names != EFFECT_NAMES * EFFECT_NAME) db 0
