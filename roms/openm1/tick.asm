; The 2 ms tick: time, panel matrix (one column a tick, seven in turn), ADC: at power-on the battery's channel every eight
; ticks, then one conversion a tick, of the controls' channels in turn.
;
; A key is down from its first closed sample on and up from the second open one running, 14 ms apart: a contact that bounces
; counts once.

tick_interrupt:
        pusha
        push    ds
        push    es
        xor     ax, ax
        mov     ds, ax
        mov     es, ax
        sti                             ; serial input must not wait for the panel
        inc     word [ticks]
        call    scan_panel
        pop     es
        pop     ds
        popa
        iret

scan_panel:
        mov     dx, PIO_B
        in      al, dx
        not     al
        and     ax, 003Fh
        mov     bl, [column]
        xor     bh, bh
        mov     ch, [key_state + bx]
        mov     cl, ch
        or      cl, al
        jz      .scanned                ; none down, none was
        mov     cl, al
        xchg    cl, [key_raw + bx]      ; CL = the sample before
        and     cl, ch
        or      cl, al
        mov     [key_state + bx], cl
        not     ch
        and     cl, ch                  ; CL = newly pressed
        jnz     .pressed
.scanned:
        inc     bx
        cmp     bl, 7
        jb      .select
        xor     bl, bl
.select:
        mov     [column], bl
        cmp     byte [adc_round], 0
        jne     .round
        inc     byte [adc_phase]
        test    byte [adc_phase], 7
        mov     dx, PIO_A
        mov     al, [pa_high]
        jnz     .drive
        push    dx                      ; the conversion of eight ticks ago is long done (about 70 us)
        mov     dx, ADC_DATA
        in      al, dx
        mov     [adc_value], al
        cmp     byte [adc_count], 255
        je      .start
        inc     byte [adc_count]
.start:
        pop     dx
        mov     al, [pa_high]
        or      al, PA_START
        out     dx, al
        and     al, ~PA_START & 0FFh
.drive:
        or      al, bl
        out     dx, al
        ret
.round:                                 ; the conversion of the last tick is done
        mov     dx, ADC_DATA
        in      al, dx
        mov     di, [adc_now]
        mov     [adc_values + di], al
        mov     ax, [adc_next]          ; its pins have been there since the last tick
        mov     [adc_now], ax
        mov     di, ax
        inc     di
        cmp     di, ADC_CONTROLS
        jb      .channel
        cmp     byte [adc_card], 0
        jne     .card
        xor     di, di
        cmp     byte [adc_rounds], 255
        je      .channel
        inc     byte [adc_rounds]
.channel:
        mov     [adc_next], di
        mov     ah, [pa_high]
        and     ah, PA_SOUND
        or      ah, bl
        shl     al, 3
        or      al, ah
        or      al, PA_START
        mov     dx, PIO_A
        out     dx, al                  ; START takes the channel,
        mov     cx, di
        shl     cl, 3
        mov     al, cl
        or      al, ah
        out     dx, al                  ; so the next one may follow while START ends
        ret
.card:                                  ; once, between two rounds
        mov     byte [adc_card], 0
        mov     di, ADC_CARD
        jmp     .channel

.pressed:
        mov     al, bl
        shl     al, 3
        mov     ch, 6
.bit:
        shr     cl, 1
        jnc     .up
        mov     dl, [key_head]
        xor     dh, dh
        mov     di, dx
        mov     [key_ring + di], al
        inc     dl
        and     dl, KEY_RING_SIZE - 1
        cmp     dl, [key_tail]
        je      .up                     ; full: the press is dropped
        mov     [key_head], dl
.up:
        inc     al
        dec     ch
        jnz     .bit
        jmp     .scanned

; Waits AX ticks (up to 32767), halted.
wait_ticks:
        add     ax, [ticks]
.wait:
        hlt
        cmp     [ticks], ax
        js      .wait
        ret
