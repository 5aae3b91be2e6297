; The voice engine.

; AL = voice: starts it with nr_*.
voice_on:
        push    si
        call    voice_address
        mov     byte [si + V_STATE], STATE_DOWN
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
