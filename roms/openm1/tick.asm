; The 2 ms tick: time, panel matrix (one column a tick, seven in turn), one ADC conversion every eight ticks.
;
; A key counts when two samples of its column, 14 ms apart, agree.

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
        mov     cl, [key_raw + bx]
        mov     [key_raw + bx], al
        cmp     al, cl
        jne     .moving
        mov     cl, al
        xchg    cl, [key_state + bx]    ; CL = before
        not     cl
        and     cl, al                  ; CL = newly pressed
        jnz     .pressed
.moving:
        inc     bx
        cmp     bl, 7
        jb      .select
        xor     bl, bl
.select:
        mov     [column], bl
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
        jmp     .moving

; Chooses the ADC channel AL (0-7) that the tick converts from now on. adc_value holds that channel once adc_count is 2.
adc_select:
        shl     al, 3
        pushf
        cli
        mov     ah, [pa_high]
        and     ah, PA_SOUND
        or      al, ah
        mov     [pa_high], al
        mov     word [adc_value], 0     ; adc_count as well
        mov     byte [adc_phase], 6     ; the next tick puts the channel out, the one after starts
        popf
        ret

; Waits AX ticks (up to 32767), halted.
wait_ticks:
        add     ax, [ticks]
.wait:
        hlt
        cmp     [ticks], ax
        js      .wait
        ret
