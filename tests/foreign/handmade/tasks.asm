; Two tasks, each with its own stack. INT 60 is followed by the number of a service.

YIELD           equ     0
LEDS            equ     2

%macro  service 1
        int     60h
        db      %1
%endmacro

services:                               ; takes the number behind the INT
        push    bp
        mov     bp, sp
        push    bx
        mov     bx, [bp + 2]
        mov     bl, [cs:bx]
        inc     word [bp + 2]
        xor     bh, bh
        jmp     [cs:bx + service_table]
service_table:
        dw      service_yield, service_leds

service_leds:                           ; AL
        push    dx
        mov     dx, PC
        out     dx, al
        pop     dx
        pop     bx
        pop     bp
        iret

; The other task goes on. If neither has anything to do, the CPU halts.
service_yield:
        pusha
        push    ds
        push    es
        mov     ax, VARIABLES
        mov     ds, ax
        mov     bx, [task]
        mov     [contexts + bx], sp
        mov     [contexts + 2 + bx], ss
        xor     bl, 4
        mov     [task], bx
        mov     al, [rx_head]
        sub     al, [rx_tail]
        or      al, [pressed]
        jnz     .busy
        sti
        hlt
        cli
.busy:
        mov     ss, [contexts + 2 + bx]
        mov     sp, [contexts + bx]
        pop     es
        pop     ds
        popa
        pop     bx
        pop     bp
        iret

; The second task's stack, as if it had yielded at its begin.
make_task:
        mov     ax, STACK_MIDI
        mov     es, ax
        mov     di, 0300h - 30
        mov     [contexts + 4], di
        mov     [contexts + 6], ax
        xor     ax, ax
        stosw                           ; ES
        mov     ax, VARIABLES
        stosw                           ; DS
        xor     ax, ax
        mov     cx, 8 + 2               ; PUSHA, BX, BP
        rep stosw
        mov     ax, midi_task
        stosw
        mov     ax, cs
        stosw
        mov     ax, 0F202h              ; interrupts on, native mode
        stosw
        ret
