; The voice engine.

; AL = voice: starts it with nr_*.
voice_on:
        push    si
        call    voice_address
        mov     byte [si + V_STATE], STATE_DOWN
        mov     al, [nr_part]
        mov     ah, [nr_key]
        mov     [si + V_PART], ax
        mov     al, [nr_osc]
        mov     [si + V_OSC], al
        mov     ax, [nr_program]
        mov     [si + V_PROGRAM], ax
        mov     ax, [nr_block]
        mov     [si + V_BLOCK], ax
        pop     si
        ret

; AL = voice: release.
voice_off:
        push    si
        call    voice_address
        mov     byte [si + V_STATE], STATE_RELEASED
        pop     si
        ret

; AL = voice: silence within 8 ms.
voice_stop:
        push    si
        call    voice_address
        mov     byte [si + V_STATE], STATE_FREE
        pop     si
        ret

; Once a tick.
voice_service:
        ret

; SI = address of voice AL; AX changed.
voice_address:
        mov     ah, VOICE_SIZE
        mul     ah
        add     ax, voices
        mov     si, ax
        ret
