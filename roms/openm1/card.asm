; The program card (our format, H-CARD-FORMAT): byte n at 50000h + 2n. It is looked at every CARD_POLL ticks, and before each use.
; A card that appears is recognised by its head, its cell measured, then it is summed, CARD_CHUNK bytes a tick.

CARD_SEGMENT    equ     5000h
CARD_HEAD       equ     20h             ; text 16, format, 0, steps, sum, 0...
CARD_FORMAT     equ     10h
CARD_STEPS      equ     12h
CARD_SUM        equ     14h
CARD_PROBE      equ     1Fh             ; a byte of the head that says nothing
CARD_SIZE       equ     8000h
CARD_COMBIS     equ     CARD_HEAD + GLOBAL_SIZE
CARD_KIND_100   equ     0
CARD_KIND_50    equ     1
CARD_KIND_SEQ   equ     2
CARD_NONE       equ     0FFh
CARD_STEPS_50   equ     4200
CARD_STEPS_SEQ  equ     7700
CARD_POLL       equ     TICKS_SECOND / 10
CARD_CHUNK      equ     128
CARD_CODE_LOW   equ     80h             ; ADC codes of its cell below it are low
CARD_SOUNDS     equ     GLOBAL_SIZE + 100 * (COMBI_SIZE + PROG_SIZE)

SAY_LOW         equ     1               ; card_says
SAY_BAD         equ     2
SAY_FOREIGN     equ     4
SAY_KIND        equ     8
SAY_GONE        equ     10h

; When card_ticks have run out: every CARD_POLL ticks, every tick while a card is summed. BX kept.
card_service:
        push    bx
        mov     word [card_ticks], CARD_POLL
        cmp     byte [card_measures], 0
        je      .measured
        mov     byte [card_measures], 0
        cmp     byte [adc_values + ADC_CARD], CARD_CODE_LOW
        jae     .measured
        or      byte [card_says], SAY_LOW
.measured:
        cmp     word [card_left], 0
        je      .look
        call    card_there
        jnz     .look
        mov     word [card_ticks], 1
        call    card_sum_on
        jmp     .told
.look:
        call    card_look
.told:
        pop     bx

; Says the first of what is to be said about the card, when line 2 is free. BX kept.
card_tell:
        cmp     byte [card_says], 0
        je      .end
        cmp     byte [card_measures], 0 ; what the cell gives comes first
        jne     .end
        cmp     word [message], 0
        jne     .end
        mov     si, card_texts
        mov     ah, 1
.next:
        test    [card_says], ah
        jnz     .say
        add     si, 4
        shl     ah, 1
        jmp     .next
.say:
        or      ah, SAY_KIND            ; not worth saying behind anything else
        not     ah
        and     [card_says], ah
        mov     cx, [cs:si + 2]
        mov     si, [cs:si]
        cmp     si, text_card_kind
        jne     show_message
        call    card_kind_text
        jmp     show_message
.end:
        ret

; SI = what kind of card is in. BX, CX kept.
card_kind_text:
        push    bx
        mov     bl, [card_kind]
        xor     bh, bh
        shl     bx, 1
        mov     si, [cs:card_kinds + bx]
        pop     bx
        ret

; Z: a card is in. AL, DX changed.
card_there:
        mov     dx, PIO_B
        in      al, dx
        test    al, CARD_OUT
        ret

; What is in the slot now? If it is another than before, everything follows. Keeps nothing but SP.
card_look:
        call    card_there
        jnz     .empty
        cmp     byte [card_in], 0
        je      .came
        mov     si, CARD_SUM            ; a card that was exchanged between two looks has another sum
        call    card_word
        cmp     ax, [card_mark]
        jne     .came
        ret
.came:
        call    card_recognise
        mov     al, SAY_KIND
        cmp     byte [card_kind], CARD_NONE
        jne     .ours
        mov     al, SAY_FOREIGN
.ours:
        mov     byte [card_measures], 1
        mov     byte [adc_card], 1
        mov     word [card_ticks], CARD_POLL
        jmp     .follow
.empty:
        cmp     byte [card_in], 0
        jne     .went
        ret
.went:
        call    card_forget
        mov     al, SAY_GONE
.follow:
        or      [card_says], al
        call    end_message_only        ; whoever has the card in his hand looks at the display
        jmp     card_follow

; The slot is empty, or as good as that.
card_forget:
        xor     ax, ax
        mov     [card_in], al
        mov     [card_count], al
        mov     [card_steps], ax
        mov     [card_bad], al
        mov     [card_left], ax
        mov     [card_says], al
        mov     [card_measures], al
        mov     byte [card_kind], CARD_NONE
        ret

; Reads the head of the card that is in, and begins its sum.
card_recognise:
        call    card_forget
        mov     byte [card_in], 1
        xor     si, si
        mov     di, card_buffer
        mov     cx, CARD_HEAD
        call    card_fetch
        mov     ax, [card_buffer + CARD_SUM]
        mov     [card_mark], ax
        mov     si, card_buffer
        mov     di, card_signature
        mov     cx, CARD_FORMAT / 2
.text:
        lodsw
        cmp     ax, [cs:di]
        jne     .end
        inc     di
        inc     di
        loop    .text
        mov     bl, [card_buffer + CARD_FORMAT]
        cmp     bl, CARD_KIND_SEQ
        ja      .end
        mov     [card_kind], bl
        call    card_layout
        mov     ax, [card_buffer + CARD_STEPS]
        cmp     ax, dx
        jbe     .steps
        mov     byte [card_bad], 1      ; none of them can be found
        or      byte [card_says], SAY_BAD
        xor     ax, ax
.steps:
        mov     [card_steps], ax
        mov     word [card_at], CARD_FORMAT
        mov     word [card_sum], 0
        mov     cx, CARD_SUM - CARD_FORMAT
        call    card_sum_some
        mov     word [card_at], CARD_HEAD
        mov     ax, [card_data_size]
        mov     [card_left], ax
.end:
        ret

; For card_kind: card_count, card_programs, card_sequences, card_data_size; DX = steps it can hold.
card_layout:
        mov     bl, [card_kind]
        xor     bh, bh
        mov     al, [cs:card_counts + bx]
        mov     [card_count], al
        xor     si, si                  ; a card for sequences has no global
        test    al, al
        jz      .programs
        mov     si, GLOBAL_SIZE
.programs:
        add     si, CARD_HEAD
        mov     ah, COMBI_SIZE
        mul     ah
        add     si, ax
        mov     [card_programs], si
        mov     al, [card_count]
        mov     ah, PROG_SIZE
        mul     ah
        add     ax, si
        mov     [card_sequences], ax
        shl     bx, 1
        mov     dx, [cs:card_step_limits + bx]
        test    bx, bx
        jz      .size                   ; no sequences at all
        add     ax, SEQ_CONTROL
        add     ax, dx
        add     ax, dx
        add     ax, dx
        add     ax, dx
.size:
        sub     ax, CARD_HEAD
        mov     [card_data_size], ax
        ret

; The sum goes on by CARD_CHUNK bytes; at its end it is what the head says, or not.
card_sum_on:
        mov     cx, CARD_CHUNK
        cmp     cx, [card_left]
        jbe     .some
        mov     cx, [card_left]
.some:
        sub     [card_left], cx
        call    card_sum_some
        cmp     word [card_left], 0
        jne     .end
        mov     ax, [card_sum]
        cmp     ax, [card_mark]
        je      .end
        mov     byte [card_bad], 1
        or      byte [card_says], SAY_BAD
.end:
        ret

; CX bytes of the card from card_at are added to card_sum.
card_sum_some:
        mov     si, [card_at]
        add     [card_at], cx
        shl     si, 1
        mov     dx, [card_sum]
        push    ds
        mov     ax, CARD_SEGMENT
        mov     ds, ax
        xor     ah, ah
.next:
        lodsb
        inc     si
        add     dx, ax
        loop    .next
        pop     ds
        mov     [card_sum], dx
        ret

; CX bytes from card byte SI to DI.
card_fetch:
        push    ds
        mov     ax, CARD_SEGMENT
        mov     ds, ax
        shl     si, 1
.next:
        lodsb
        inc     si
        stosb
        loop    .next
        pop     ds
        ret

; AX = word at card byte SI.
card_word:
        push    ds
        mov     ax, CARD_SEGMENT
        mov     ds, ax
        shl     si, 1
        mov     al, [si]
        mov     ah, [si + 2]
        pop     ds
        ret

; AL to card byte DI. NZ: it did not take. All kept.
card_put:
        push    ds
        push    di
        push    ax
        mov     ax, CARD_SEGMENT
        mov     ds, ax
        pop     ax
        shl     di, 1
        mov     [di], al
        cmp     al, [di]
        pop     di
        pop     ds
        ret

; Carry: nothing can be written, SI = why.
card_writable:
        call    card_there
        jnz     card_failed
        mov     si, CARD_PROBE
        call    card_word
        mov     di, CARD_PROBE
        not     al
        call    card_put
        jne     card_failed
        not     al
        call    card_put
        jne     card_failed
        clc
        ret

; SI = why a byte did not take; carry set.
card_failed:
        call    card_there
        mov     si, text_no_card
        jnz     .end
        mov     si, text_card_protected
.end:
        stc
        ret
