; MIDI bytes: SCU interrupt, receive ring, transmit ring.
;
; The ICU takes edges, so the interrupt serves until the SCU asks for nothing more; only then is its line low again.

serial_interrupt:
        pusha
        push    ds
        xor     ax, ax
        mov     ds, ax
        mov     cx, 8                   ; never more than a few; a bound in case the status is nonsense
.serve:
        in      al, SCU_STATUS
        test    al, SST_ERRORS
        jz      .sound
        mov     ah, al
        call    receive_gap
        mov     al, SCM_RUN
        out     SCU_STATUS, al
        mov     al, ah
.sound:
        test    al, SST_RBRDY
        jnz     .receive
        cmp     byte [tx_running], 0
        je      .done
        test    al, SST_TBRDY
        jnz     .transmit
.done:
        pop     ds
        popa
        iret

.receive:
        in      al, SCU_DATA
        mov     bx, [rx_head]
        mov     [RX_RING + bx], al
        inc     bx
        and     bx, RX_SIZE - 1
        cmp     bx, [rx_tail]
        je      .full
        mov     [rx_head], bx
        loop    .serve
        jmp     .done
.full:
        call    receive_gap
        loop    .serve
        jmp     .done

.transmit:
        mov     byte [tx_dead], 0
        mov     bx, [tx_tail]
        cmp     bx, [tx_head]
        je      .empty
        mov     al, [TX_RING + bx]
        out     SCU_DATA, al
        inc     bx
        and     bx, TX_SIZE - 1
        mov     [tx_tail], bx
        loop    .serve
        jmp     .done
.empty:
        mov     byte [tx_running], 0
        mov     al, SCU_RX_ONLY
        out     SCU_MASK, al
        loop    .serve
        jmp     .done

; A byte was lost behind what the ring holds. One gap is remembered: what came between an earlier one and this goes too.
receive_gap:
        mov     bx, [rx_head]
        cmp     byte [rx_lost], 0
        je      .first
        mov     bx, [rx_gap]
        mov     [rx_head], bx
        ret
.first:
        mov     [rx_gap], bx
        mov     byte [rx_lost], 1
        ret

; The next received byte in AL; carry set if there is none.
midi_get:
        mov     bx, [rx_tail]
        cmp     bx, [rx_head]
        je      .none
        mov     al, [RX_RING + bx]
        inc     bx
        and     bx, RX_SIZE - 1
        mov     [rx_tail], bx
        clc
        ret
.none:
        stc
        ret

; Queues AL for MIDI OUT. Waits while the ring is full; a unit that takes nothing for 100 ms loses what follows until it
; works again. Keeps all registers but AX.
midi_put:
        push    bx
        push    cx
        mov     cx, TICKS_SECOND / 10
.try:
        mov     bx, [tx_head]
        push    bx
        inc     bx
        and     bx, TX_SIZE - 1
        cmp     bx, [tx_tail]
        je      .full
        mov     cx, bx
        pop     bx
        mov     [TX_RING + bx], al
        mov     word [tx_quiet], 0
        pushf
        cli
        mov     [tx_head], cx
        mov     byte [tx_running], 1
        mov     al, SCU_RX_TX
        out     SCU_MASK, al
        popf
.out:
        pop     cx
        pop     bx
        ret
.full:
        pop     bx
        cmp     byte [tx_dead], 0
        jne     .out
        mov     bx, [tx_tail]
        push    ax
        mov     ax, 1
        call    wait_ticks
        call    sound_service           ; what sounds goes on while a dump goes out
        pop     ax
        cmp     bx, [tx_tail]
        jne     .try                    ; it moves
        loop    .try
        mov     byte [tx_dead], 1
        jmp     .out
