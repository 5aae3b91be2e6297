; GLOBAL 6 and 7: the card's contents into the instrument, the instrument's onto the card, an empty card made.
;
; A load is a dump that comes from the card: protected memory refuses it, what cuts it is repaired (receive.asm). The sum of a
; card goes last: one that was cut while it was written says so, and can be read all the same.

CARD_GROUP      equ     64              ; bytes between two looks at the slot, and at the sound

; ---- load ----

card_load:
        call    card_ready
        jc      .say
        cmp     byte [sx_open], 0       ; RECEIVE_POINTER has its user
        mov     si, text_receiving
        jne     .say
        call    card_load_allowed
        jc      .say
        mov     si, text_card_loading
        call    show_now
        mov     word [RECEIVE_POINTER], REGION
        mov     di, SET_RECEIVING
        cmp     byte [card_kind], CARD_KIND_SEQ
        je      .sequences
        mov     al, 50h
        call    store
        mov     al, [card_kind]
        cmp     al, [SET_ALLOCATION]
        je      .placed
        mov     al, 1
        mov     di, SET_RELAYOUT
        call    store
        mov     al, [card_kind]
        mov     di, SET_ALLOCATION
        call    store
        call    set_layout
.placed:
        mov     di, GLOBAL_DATA
        jmp     .size
.sequences:
        mov     al, 48h
        call    store
        mov     di, [seq_base]
.size:
        mov     [RECEIVE_POINTER], di
        call    card_used
        mov     si, CARD_HEAD
        call    card_receive
        jc      .cut
        cmp     byte [card_kind], CARD_KIND_100
        je      .no_sequences
        mov     si, card_steps
        mov     di, SET_STEPS
        mov     cx, 2
        call    store_block
        jmp     .close
.no_sequences:
        cmp     byte [SET_RELAYOUT], 0
        je      .close
        call    receive_repair          ; the sequences that were there lay elsewhere: ten empty songs
.close:
        call    receive_close
        call    reload_sounds
        mov     si, text_card_loaded
        cmp     byte [card_bad], 0
        je      card_done
        mov     si, text_card_bad
.say:
        xor     cx, cx
        jmp     show_message
.cut:
        call    receive_repair
        call    reload_sounds
        call    card_look               ; it is gone
        mov     byte [card_says], 0
        mov     si, text_card_cut
        jmp     .say

; Message SI for three quarters of a second.
card_done:
        mov     cx, TICKS_SECOND * 3 / 4
        jmp     show_message

; Message SI on the LCD now, whatever takes its time.
show_now:
        xor     cx, cx
        call    show_message
        jmp     draw

; A card of ours is in. Else carry, SI = why.
card_ready:
        call    card_look
        and     byte [card_says], SAY_LOW | SAY_BAD     ; the rest is said now
        call    card_why
        cmp     byte [card_kind], CARD_NONE
        je      .no
        clc
        ret
.no:
        stc
        ret

; Carry: the memory does not take this card, SI = why.
card_load_allowed:
        mov     al, [card_kind]
        mov     ah, [PROTECT_SEQ]
        cmp     al, CARD_KIND_SEQ
        je      .protect
        cmp     al, CARD_KIND_50
        je      .sounds
        cmp     al, [SET_ALLOCATION]
        jne     .sounds
        xor     ah, ah                  ; the sequences stay
.sounds:
        or      ah, [PROTECT_PROG]
        or      ah, [PROTECT_COMBI]
.protect:
        mov     si, text_protected
        test    ah, ah
        jnz     .no
        cmp     al, CARD_KIND_SEQ
        jne     .yes                    ; what the allocation of a card allows fits
        mov     al, [SET_ALLOCATION]
        call    step_limit
        mov     si, text_card_large
        cmp     dx, [card_steps]
        jb      .no
.yes:
        clc
        ret
.no:
        stc
        ret

; CX = bytes of the card's data up to its last step.
card_used:
        mov     cx, [card_sequences]
        sub     cx, CARD_HEAD
        cmp     byte [card_kind], CARD_KIND_100
        je      .end
        mov     ax, [card_steps]
        shl     ax, 2
        add     ax, SEQ_CONTROL
        add     cx, ax
.end:
        ret

; CX bytes of the card from SI into the stored data at RECEIVE_POINTER. Carry: the card went away.
card_receive:
        mov     bx, CARD_GROUP
        cmp     cx, bx
        jae     .group
        mov     bx, cx
.group:
        sub     cx, bx
        push    cx
        lea     ax, [si + bx]           ; the next group
        mov     [card_next], ax
        mov     cx, bx
        mov     di, card_buffer
        call    card_fetch
        call    card_there
        jnz     .gone
        mov     si, card_buffer
        mov     cx, bx
        mov     di, [RECEIVE_POINTER]
.byte:
        lodsb
        call    store
        inc     di
        mov     [RECEIVE_POINTER], di
        loop    .byte
        call    card_breath
        mov     si, [card_next]
        pop     cx
        test    cx, cx
        jnz     card_receive
        clc
        ret
.gone:
        pop     cx
        stc
        ret

; What does not wait: the sound, and active sensing. All kept.
card_breath:
        call    sound_service
        push    ax
        mov     ax, [ticks]
        xchg    ax, [seen_ticks]
        sub     ax, [seen_ticks]
        sub     [tx_quiet], ax
        cmp     word [tx_quiet], SENSING_SEND
        jb      .end
        mov     al, 0FEh
        call    midi_put
.end:
        pop     ax
        ret

; ---- save ----

card_save:
        call    card_ready
        jc      .say
        mov     al, [card_kind]
        mov     cx, [SET_STEPS]
        mov     dx, CARD_STEPS_SEQ
        cmp     al, CARD_KIND_SEQ
        je      .steps
        mov     si, text_card_differs
        cmp     al, [SET_ALLOCATION]
        jne     .say
        mov     dx, CARD_STEPS_50
        cmp     al, CARD_KIND_50
        je      .steps
        xor     cx, cx
.steps:
        mov     si, text_card_small
        cmp     cx, dx
        ja      .say
        push    cx
        call    card_writable
        pop     cx
        jc      .say
        mov     [card_steps], cx
        call    card_begin
        jc      .failed
        mov     cx, [card_data_size]
        mov     si, [seq_base]
        cmp     byte [card_kind], CARD_KIND_SEQ
        je      .from
        mov     si, GLOBAL_DATA
.from:
        push    cx
        call    card_used
        pop     dx
        sub     dx, cx
        push    dx
        call    card_append
        pop     cx
        jc      .failed
        call    card_zeros
        jc      .failed
        jmp     card_end
.failed:
        jmp     card_broken
.say:
        xor     cx, cx
        jmp     show_message

; ---- format ----

card_format_seq:
        mov     al, CARD_KIND_SEQ
        jmp     card_make
card_format_50:
        mov     al, CARD_KIND_50
        jmp     card_make
card_format_100:
        mov     al, CARD_KIND_100

; Makes an empty card of kind AL: what an initialised memory has.
card_make:
        push    ax
        call    card_look
        call    card_writable
        pop     ax
        jc      card_save.say
        mov     byte [card_says], 0
        mov     [card_kind], al
        mov     word [card_steps], 0
        call    card_layout
        call    card_begin
        jc      .failed
        cmp     byte [card_count], 0
        je      .songs
        mov     cx, GLOBAL_SIZE
        call    card_zeros
        jc      .failed
        mov     bp, combi_defaults
        mov     dx, COMBI_SIZE
        mov     cl, [card_count]
        call    card_defaults
        jc      .failed
        mov     bp, program_defaults
        mov     dx, PROG_SIZE
        mov     cl, [card_count]
        call    card_defaults
        jc      .failed
        cmp     byte [card_kind], CARD_KIND_100
        je      .rest
.songs:
        mov     bp, song_defaults
        mov     dx, SONG_SIZE
        mov     cl, SONGS
        call    card_defaults
        jc      .failed
        mov     bp, pattern_defaults
        mov     dx, 2
        mov     cl, PATTERNS
        call    card_defaults
        jc      .failed
.rest:
        mov     cx, CARD_SIZE
        sub     cx, [card_at]
        call    card_zeros
        jc      .failed
        jmp     card_end
.failed:
        jmp     card_broken

; ---- writing ----

; Says that it is written to, then head and sum begin; from here on the card's sum is wrong. Carry: it does not take it.
card_begin:
        mov     si, text_card_writing
        call    show_now
        xor     ax, ax
        mov     [card_left], ax
        mov     [card_sum], ax
        mov     word [card_at], CARD_FORMAT
        mov     al, [card_kind]
        mov     [card_buffer], ax
        mov     ax, [card_steps]
        mov     [card_buffer + 2], ax
        mov     si, card_buffer
        mov     cx, CARD_SUM - CARD_FORMAT
        call    card_append
        mov     word [card_at], CARD_HEAD
        ret

; CX bytes from SI to the card at card_at, into card_sum. Carry: they did not take. BP kept.
card_append:
        mov     di, [card_at]
        mov     bx, [card_sum]
        xor     ah, ah
        jcxz    .end
.next:
        lodsb
        call    card_put
        jne     .failed
        add     bx, ax
        inc     di
        test    di, CARD_GROUP - 1
        jz      .look
.more:
        loop    .next
.end:
        mov     [card_at], di
        mov     [card_sum], bx
        clc
        ret
.look:
        call    card_breath
        call    card_there
        mov     ah, 0
        jz      .more
.failed:
        stc
        ret

; CX zeros, the same way.
card_zeros:
        push    cx
        mov     di, card_buffer
        mov     cx, CARD_GROUP
        xor     al, al
        rep stosb
        pop     cx
.next:
        jcxz    .end
        push    cx
        cmp     cx, CARD_GROUP
        jbe     .some
        mov     cx, CARD_GROUP
.some:
        pop     ax
        sub     ax, cx
        push    ax
        mov     si, card_buffer
        call    card_append
        pop     cx
        jnc     .next
        ret
.end:
        clc
        ret

; CL records of DX bytes, all as at CS:BP, the same way.
card_defaults:
        xor     ch, ch
.record:
        push    cx
        mov     si, bp
        mov     di, card_buffer
        mov     ax, dx
        call    copy_defaults
        mov     si, card_buffer
        mov     cx, dx
        push    dx
        call    card_append
        pop     dx
        pop     cx
        jc      .end
        loop    .record
        clc
.end:
        ret

; The sum and the rest of the head: now it is a card.
card_end:
        mov     di, card_buffer
        mov     cx, CARD_HEAD / 2
        xor     ax, ax
        rep stosw
        mov     si, card_signature
        mov     di, card_buffer
        mov     ax, CARD_FORMAT
        call    copy_defaults
        mov     ax, [card_sum]
        mov     [card_buffer + CARD_SUM], ax
        mov     al, [card_kind]
        mov     [card_buffer + CARD_FORMAT], al
        mov     ax, [card_steps]
        mov     [card_buffer + CARD_STEPS], ax
        mov     word [card_at], 0
        mov     si, card_buffer
        mov     cx, CARD_HEAD
        call    card_append
        jc      card_broken
        call    card_there
        jnz     card_broken
        call    card_again
        mov     si, text_card_written
        jmp     card_done

; It was not written to its end: says why. What is on it now is seen at once.
card_broken:
        call    card_again
        mov     byte [card_says], 0
        call    card_failed
        xor     cx, cx
        jmp     show_message

; The card that was written to, as if it had come just now, but for what it says.
card_again:
        call    card_there
        jnz     card_look
        call    card_recognise
        jmp     card_follow
