; Stored data: every change keeps the sums right, so the RAM is valid whenever the power goes.
;
; SUM_1 is the sum of the words from SUMMED to REGION_END, SUM_2 the sum of SUM_1 after each word (both modulo 65536): SUM_2 makes the
; order count. A store first writes into the journal what it is going to do, then does it, then closes the journal;
; power-on does an open one again.

; Stores AL at DI, somewhere in REGION. Keeps all registers but AX.
store:
        push    bx
        push    cx
        push    dx
        mov     cl, [di]
        cmp     al, cl
        je      .same
        mov     [JOURNAL_VALUE], al
        mov     [JOURNAL_ADDRESS], di
        mov     bl, al
        xor     bh, bh
        xor     ch, ch
        sub     bx, cx                  ; BX = change of the word, modulo 65536
%if SUMS_SKIP
        cmp     di, SUMMED
        jae     .summed
        xor     bx, bx                  ; no sum has it
.summed:
%endif
        mov     ax, REGION_END
        sub     ax, di
        inc     ax
        shr     ax, 1                   ; AX = words from this one to the end
        test    di, 1
        jz      .even
        mov     bh, bl                  ; a high byte
        xor     bl, bl
.even:
        mul     bx
        add     ax, [SUM_2]
        add     bx, [SUM_1]
        mov     [JOURNAL_SUM_1], bx
        mov     [JOURNAL_SUM_2], ax
        mov     word [JOURNAL], JOURNAL_OPEN
        call    journal_apply
.same:
        pop     dx
        pop     cx
        pop     bx
        ret

journal_apply:
        push    di
        mov     di, [JOURNAL_ADDRESS]
        mov     al, [JOURNAL_VALUE]
        mov     [di], al
        mov     ax, [JOURNAL_SUM_1]
        mov     [SUM_1], ax
        mov     ax, [JOURNAL_SUM_2]
        mov     [SUM_2], ax
        mov     word [JOURNAL], 0
        pop     di
        ret

; Stores CX bytes from SI at DI.
store_block:
        lodsb
        call    store
        inc     di
        loop    store_block
        ret

; The sums from SUMMED on: BX = first, DX = second.
region_sums:
%if SUMS_SEED
        mov     bx, SUMS_SEED
%else
        xor     bx, bx
%endif
        xor     dx, dx
        mov     si, SUMMED
        mov     cx, (REGION_END - SUMMED) / 2
.next:
        lodsw
        add     bx, ax
        add     dx, bx
        loop    .next
        ret

write_sums:
        call    region_sums
        mov     [SUM_1], bx
        mov     [SUM_2], dx
        mov     word [JOURNAL], 0
        ret

signature_compare:                      ; Z = the signature is there
        mov     si, SIGNATURE
        mov     di, signature
        mov     cx, 8
.next:
        lodsw
        cmp     ax, [cs:di]
        jne     .end
        inc     di
        inc     di
        loop    .next
        xor     ax, ax
.end:
        ret

; Is what the RAM holds ours and whole? AL = 0, or the code of what is wrong (boot.asm). Finishes an interrupted store; it
; does not look at the battery.
ram_check:
        call    signature_compare
        mov     al, ERROR_SIGNATURE
        jne     .end
        xor     bp, bp
        cmp     word [JOURNAL], 0
        je      .settings
        cmp     word [JOURNAL], JOURNAL_OPEN
        jne     .journal
        mov     ax, [JOURNAL_ADDRESS]
        cmp     ax, REGION
        jb      .journal
        cmp     ax, REGION_END
        jae     .journal
        call    journal_apply
        jmp     .settings
.journal:
        mov     word [JOURNAL], 0
        mov     bp, ERROR_JOURNAL
.settings:
        mov     al, [SET_ALLOCATION]    ; these three index, size, or go out as a MIDI byte
        cmp     al, 1
        ja      .out_of_range
        cmp     byte [SET_CHANNEL], 15
        ja      .out_of_range
        call    step_limit
        cmp     [SET_STEPS], dx
        ja      .out_of_range
        call    region_sums
        mov     al, ERROR_SUMS
        cmp     bx, [SUM_1]
        jne     .end
        cmp     dx, [SUM_2]
        jne     .end
        mov     ax, bp
.end:
        ret
.out_of_range:
        mov     al, ERROR_SETTINGS
        ret

; Damaged data are kept and the sums made anew. A dump that was under way is remembered only if it can be one.
ram_keep:
        mov     al, [SET_RECEIVING]
        mov     di, stored_dumps
        mov     cx, STORED_DUMPS
.next:
        cmp     al, [cs:di]
        je      .sums                   ; the repair looks at RECEIVE_POINTER only to compare
        inc     di
        loop    .next
        mov     byte [SET_RECEIVING], 0
        mov     byte [SET_RELAYOUT], 0
.sums:
        jmp     write_sums

; Writes the whole stored area anew. The signature goes last: a half-written area is never taken for valid.
ram_initialise:
        mov     di, STORED
        mov     cx, (REGION_END - STORED) / 2
        xor     ax, ax
        rep stosw
        mov     byte [SET_EXCLUSIVE], 1 ; protect off, channel 1, allocation 100/100 are zeros
        call    set_layout
        mov     di, [prog_base]
        mov     cl, [sound_count]
        xor     ch, ch
.program:
        call    init_program
        loop    .program
        mov     di, COMBI_DATA
        mov     cl, [sound_count]
        xor     ch, ch
.combi:
        call    init_combi
        loop    .combi
        call    init_sequences
        call    write_sums
        mov     si, signature
        mov     di, SIGNATURE
        mov     cx, 8
.sign:
        cs lodsw
        stosw
        loop    .sign
        ret
