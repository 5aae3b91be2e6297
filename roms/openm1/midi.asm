; MIDI IN: running status, real-time bytes anywhere, program changes; active sensing both ways. SysEx goes to sysex.asm, notes and
; controllers to control.asm.

MIDI_TICKS      equ     4               ; ticks MIDI IN may keep the loop
SENSING_LIMIT   equ     165             ; ticks: 330 ms without a byte end active sensing
SENSING_SEND    equ     135             ; 270 ms of silence on MIDI OUT
SYSEX_LIMIT     equ     1500            ; 3 s without a byte give a dump up (slow senders pause for 1 s)

; Takes what was received, for MIDI_TICKS: a flood leaves the loop its turn. At a gap what was open ends: nothing behind
; it joins on to what came before.
midi_service:
        mov     ax, [ticks]
        mov     [midi_ticks], ax
.take:
        cli                             ; gap and byte in one look
        cmp     byte [rx_lost], 0
        je      .whole
        mov     bx, [rx_tail]
        cmp     bx, [rx_gap]
        je      .gap
.whole:
        call    midi_get
        sti                             ; keeps the carry
        jc      .end
        call    midi_byte
.more:
        mov     ax, [ticks]
        sub     ax, [midi_ticks]
        cmp     ax, MIDI_TICKS
        jb      .take
.end:
        ret
.gap:
        mov     byte [rx_lost], 0
        sti
        mov     byte [midi_running], 0
        call    all_notes_off           ; the ends of notes may be among what was lost
        cmp     byte [sx_open], 0
        je      .more
        call    sysex_abort
        jmp     .more

midi_byte:
        cmp     word [sensing], 0
        je      .unsensed
        mov     word [sensing], SENSING_LIMIT
.unsensed:
        cmp     al, 0F8h
        jae     .real_time
        mov     word [sx_ticks], 0
        test    al, 80h
        jz      .data
        cmp     byte [sx_open], 0
        je      .status
        cmp     al, 0F7h
        je      sysex_end
        push    ax
        call    sysex_abort
        pop     ax
.status:
        mov     byte [midi_have], 0
        mov     byte [midi_running], 0
        cmp     al, 0F0h
        je      sysex_begin
        ja      .end                    ; system common: nothing for us
        mov     [midi_running], al
.end:
        ret

.real_time:
        cmp     al, 0FEh
        jne     .end
        mov     word [sensing], SENSING_LIMIT
        ret

.data:
        cmp     byte [sx_open], 0
        je      .channel
        jmp     [sx_next]
.channel:
        mov     ah, [midi_running]
        test    ah, ah
        jz      .end
        mov     bl, [midi_have]
        xor     bh, bh
        mov     [midi_data + bx], al
        inc     bx
        mov     [midi_have], bl
        mov     al, ah
        and     al, 0F0h
        cmp     al, 0C0h
        je      .one
        cmp     al, 0D0h
        je      .one
        cmp     bl, 2
        jb      .end
.one:
        mov     byte [midi_have], 0
        cmp     al, 0C0h
        jne     channel_message
        and     ah, 0Fh
        cmp     ah, [SET_CHANNEL]
        jne     timbre_change

; Selects program or combination midi_data (0-127; above 99 minus 100) in the play modes.
program_change:
        mov     al, [mode]
        cmp     al, MODE_PROG
        je      .play
        cmp     al, MODE_COMBI
        jne     .end
.play:
        mov     al, [midi_data]
        cmp     al, 100
        jb      .fits
        sub     al, 100
.fits:
        call    to_bcd
        jmp     set_number
.end:
        ret

; Program midi_data for the timbres of channel AH that take program changes: MULTI's, of channels other than the global one. It is
; the edit buffer's, as if it had been edited.
timbre_change:
        cmp     byte [combi_plays], 0
        je      .end
        cmp     byte [combi_edit + 10], COMBI_MULTI
        jne     .end
        mov     al, [midi_data]
        cmp     al, 100
        jb      .fits
        sub     al, 100
.fits:
        mov     di, combi_edit + 36
        mov     cx, PARTS
.timbre:
        mov     bl, [di + 10]           ; channel, bit 4 = off
        and     bl, 1Fh
        cmp     ah, bl
        jne     .next
        test    byte [di + 9], 1
        jz      .next
        mov     [di], al
.next:
        add     di, TIMBRE_SIZE
        loop    .timbre
        jmp     parts_update
.end:
        ret

; Once a tick; BX = ticks passed.
midi_tick:
        cmp     word [sensing], 0
        je      .unsensed
        sub     [sensing], bx
        ja      .unsensed
        mov     word [sensing], 0       ; the sender is gone: quietly back to normal, and nothing sounds for ever
        mov     byte [midi_running], 0
        push    bx
        call    all_notes_off
        pop     bx
.unsensed:
        cmp     byte [sx_open], 0
        je      .closed
        add     [sx_ticks], bx
        cmp     word [sx_ticks], SYSEX_LIMIT
        jb      .closed
        call    sysex_abort
.closed:
        add     [tx_quiet], bx
        cmp     word [tx_quiet], SENSING_SEND
        jb      .end
        mov     al, 0FEh
        jmp     midi_put
.end:
        ret
