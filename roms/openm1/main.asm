; The main loop, the keys common to all modes, the mode changes. Between events the CPU halts.

MODE_COMBI      equ     0               ; as in the MIDI mode messages
MODE_EDIT_COMBI equ     1
MODE_PROG       equ     2
MODE_EDIT_PROG  equ     3
MODE_GLOBAL     equ     4
MODE_SEQ        equ     6

; logical keys; 0-9 are the digits
KEY_UP          equ     10
KEY_DOWN        equ     11
KEY_HOLD10      equ     12
KEY_A           equ     16              ; to H = 23
KEY_PAGE_DOWN   equ     24
KEY_PAGE_UP     equ     25
KEY_INT         equ     32
KEY_CARD        equ     33
KEY_MODES       equ     40              ; + mode number
KEY_NONE        equ     0FFh

REPEAT_FIRST    equ     250             ; ticks before UP and DOWN repeat, and between repeats
REPEAT_NEXT     equ     50
LATE_LIMIT      equ     10              ; ticks one look at the time counts at most
SOUND_LATE      equ     8               ; ticks of sound made up for at once

main:
        mov     byte [repeat_key], KEY_NONE
        call    notes_begin
        call    load_program
        call    load_combi
        mov     al, MODE_PROG
        call    set_mode
        call    card_forget
        push    word [message]          ; the internal cell's comes first
        call    card_look
        pop     word [message]
        and     byte [card_says], ~SAY_KIND & 0FFh      ; at power-on only what is wrong
.loop:
        call    midi_service
        call    key_service
        mov     ax, [ticks]
        cmp     ax, [seen_ticks]
        je      .same_tick
        call    tick_service
.same_tick:
        cmp     byte [redraw], 0
        je      .drawn
        call    draw
.drawn:
        cli                             ; nothing may arrive between the look and the halt
        mov     ax, [ticks]
        cmp     ax, [seen_ticks]
        jne     .busy
        mov     ax, [rx_head]
        cmp     ax, [rx_tail]
        jne     .busy
        mov     al, [key_head]
        cmp     al, [key_tail]
        jne     .busy
        sti                             ; takes effect after the HLT has begun
        hlt
        jmp     .loop
.busy:
        sti
        jmp     .loop

; What time brings: message and repeat timers, slider, keyboard, active sensing, a dump that stopped.
; A dump sent keeps the loop away for seconds, in which keys, messages and MIDI IN waited: that is no silence and counts as
; LATE_LIMIT.
tick_service:
        mov     bx, ax
        sub     bx, [seen_ticks]        ; BX = ticks passed
        mov     [seen_ticks], ax
        cmp     bx, LATE_LIMIT
        jbe     .in_time
        mov     bx, LATE_LIMIT
.in_time:
        call    sound_service
        push    bx
        call    pending_service
        pop     bx
        call    controls_service
        cmp     word [message_ticks], 0
        je      .no_message
        sub     [message_ticks], bx
        ja      .no_message
        push    bx
        call    end_message
        pop     bx
.no_message:
        sub     [card_ticks], bx
        ja      .no_card
        call    card_service
.no_card:
        call    repeat_service
        call    slider_service
        call    keyboard_service
        jmp     midi_tick

; voice_service for each tick that passed, SOUND_LATE at most: a loop that was away longer plays on later. All kept.
sound_service:
        pusha
        mov     dx, [ticks]
        call    sound_behind
        mov     [sound_ticks], dx
        mov     cx, ax
        jcxz    .end
.tick:
        push    cx
        call    voice_service
        pop     cx
        loop    .tick
.end:
        popa
        ret

; AX = how often voice_service will be called for the ticks up to DX.
sound_behind:
        mov     ax, dx
        sub     ax, [sound_ticks]
        cmp     ax, SOUND_LATE
        jbe     .end
        mov     ax, SOUND_LATE
.end:
        ret

; What comes next is what is still to be said about the card.
end_message:
        call    end_message_only
        jmp     card_tell
end_message_only:
        xor     ax, ax
        mov     [message], ax
        mov     [message_ticks], ax
        mov     byte [redraw], 1
        ret

repeat_service:                         ; BX = ticks passed, kept
        cmp     byte [repeat_key], KEY_NONE
        je      .end
        mov     al, [key_state + 2]     ; UP is bit 0, DOWN bit 1 of column 2
        and     al, 3
        jz      .released
        sub     [repeat_ticks], bx
        ja      .end
        mov     word [repeat_ticks], REPEAT_NEXT
        mov     al, [repeat_key]
        push    bx
        call    mode_key
        pop     bx
.end:
        ret
.released:
        mov     byte [repeat_key], KEY_NONE
        ret

; A slider position counts when it moved SLIDER_STEP codes, or reached an end.
slider_service:
        cmp     byte [adc_rounds], 2
        jb      .end
        mov     al, [adc_values + ADC_SLIDER]
        mov     ah, [slider_seen]
        cmp     byte [slider_known], 0
        je      .first
        cmp     al, ah
        je      .end
        test    al, al
        jz      .moved
        cmp     al, 255
        je      .moved
        mov     cl, al
        sub     cl, ah
        jnc     .distance
        neg     cl
.distance:
        cmp     cl, SLIDER_STEP
        jb      .end
.moved:
        mov     [slider_seen], al
        push    bx
        call    mode_slider
        pop     bx
.end:
        ret
.first:
        mov     [slider_seen], al
        mov     byte [slider_known], 1
        ret

key_service:
        mov     bl, [key_tail]
        cmp     bl, [key_head]
        je      .end
        xor     bh, bh
        mov     al, [key_ring + bx]
        inc     bl
        and     bl, KEY_RING_SIZE - 1
        mov     [key_tail], bl
        mov     bl, al
        mov     al, [cs:key_table + bx]
        cmp     al, KEY_NONE
        je      key_service
        call    key_press
        jmp     key_service
.end:
        ret

; A key AL was pressed.
key_press:
        mov     dx, [message]
        test    dx, dx
        jz      .no_message
        push    ax
        push    dx
        call    end_message
        pop     dx
        pop     ax
        cmp     dx, text_sure
        je      .answer
.no_message:
        cmp     al, KEY_INT
        jb      mode_key
        je      int_key
        cmp     al, KEY_CARD
        je      card_key
        sub     al, KEY_MODES
        jmp     set_mode
.answer:                                ; UP does it, DOWN does not; any other key is no answer
        cmp     al, KEY_UP
        jne     .not_yes
        jmp     [card_asked]
.not_yes:
        cmp     al, KEY_DOWN
        jne     .no_message
        ret

; A key of the mode in force: digits, UP, DOWN, cursor, PAGE.
mode_key:
        cmp     al, KEY_UP
        je      .repeats
        cmp     al, KEY_DOWN
        jne     .single
.repeats:
        cmp     al, [repeat_key]
        je      .single
        mov     [repeat_key], al
        mov     word [repeat_ticks], REPEAT_FIRST
.single:
        mov     ah, [mode]
        cmp     ah, MODE_GLOBAL
        je      global_key
        cmp     ah, MODE_PROG
        je      play_key
        test    ah, ah                  ; COMBI
        jz      play_key
        ret

mode_slider:                            ; AL = code
        mov     ah, [mode]
        cmp     ah, MODE_GLOBAL
        je      global_slider
        cmp     ah, MODE_PROG
        je      play_slider
        test    ah, ah
        jz      play_slider
        ret

; Enters mode AL and lights its LED.
set_mode:
        mov     [mode], al
%if MODE_ENDS_HOLD
        clr1    hold10, 0
%endif
        cmp     al, MODE_GLOBAL
        jae     .plays_on               ; GLOBAL, SEQ: what played goes on
        cmp     al, MODE_PROG
        sbb     ah, ah
        neg     ah
        mov     [combi_plays], ah
.plays_on:
        mov     byte [entry_digits], 0
        mov     byte [redraw], 1
        mov     byte [repeat_key], KEY_NONE
        call    show_leds
        jmp     sounds_changed

; The LED of the mode, and INT, or CARD where a play mode has the card's bank.
show_leds:
        mov     bl, [mode]
        xor     bh, bh
        mov     al, [cs:led_table + bx]
        mov     ah, [prog_bank]
        cmp     bl, MODE_PROG
        je      .bank
        mov     ah, [combi_bank]
        test    bl, bl
        jz      .bank
        xor     ah, ah
.bank:
        test    ah, ah
        jz      .out
        xor     al, LED_INT | LED_CARD
.out:
        mov     dx, PIO_C
        out     dx, al
        ret

draw:
        mov     byte [redraw], 0
        call    clear_screen
        mov     bl, [mode]
        xor     bh, bh
        shl     bx, 1
        call    [cs:draw_table + bx]
        mov     si, [message]
        test    si, si
        jz      .plain
        call    clear_line_2
        call    put_text
.plain:
        jmp     lcd_refresh

draw_absent:                            ; EDIT COMBI, EDIT PROG, SEQ
        mov     bl, [mode]
        xor     bh, bh
        shl     bx, 1
        mov     si, [cs:mode_names + bx]
        mov     di, LINE_1
        call    put_text
        mov     di, LINE_2
        mov     si, text_absent
        jmp     put_text
