; The cell is measured SAMPLES times in a row by a routine in RAM, whose count is part of its code; the mean counts. A cell that
; was low at the last power-on is low until it is CODE_WELL.

; This goes to RAM_CODE:0. Far: AX = the sum, channel in BL.
sampler:
        mov     cx, 0                   ; the count is put in at SAMPLER_COUNT
        xor     bp, bp
        shl     bl, 3
.next:
        mov     dx, PA
        mov     al, bl
        or      al, 40h
        out     dx, al
        mov     al, bl
        out     dx, al
        push    cx
        mov     cx, 60                  ; a conversion takes 72 us
        loop    $
        pop     cx
        mov     dx, CODES
        in      al, dx
        xor     ah, ah
        add     bp, ax
        loop    .next
        mov     ax, bp
        retf
sampler_end:
SAMPLER_COUNT   equ     1

copy_sampler:
        mov     ax, RAM_CODE
        mov     es, ax
        mov     si, sampler
        xor     di, di
        mov     cx, sampler_end - sampler
        cs rep movsb
        mov     word [es:SAMPLER_COUNT], SAMPLES
        ret

; [message] if the cell is low; the flag for the next time.
measure_cell:
        call    copy_sampler
        mov     bl, CELL
        call    RAM_CODE:0
        mov     bx, SAMPLES
        xor     dx, dx
        div     bx
        mov     [average], al
        mov     bx, WAS_LOW_AT / 16
        mov     es, bx
        mov     ah, CODE_LOW
        cmp     byte [es:WAS_LOW_AT & 15], WAS_LOW
        jne     .fresh
        mov     ah, CODE_WELL
.fresh:
        mov     byte [es:WAS_LOW_AT & 15], 0
        cmp     al, ah
        jae     .end
        mov     byte [es:WAS_LOW_AT & 15], WAS_LOW
        mov     word [message], text_low
.end:
        ret
