; The update of a voice, every 8 ms: its EGs and MGs go on, the chips are told what changed.

; What moves the part is another than at the update before: what voice SI makes of it, and its cutoff.
voice_moved:
        mov     di, [si + V_MODULATION]
        mov     ax, [si + V_PITCH]
        mov     dx, [si + V_PITCH + 2]
        add     ax, [di + M_PITCH]
        adc     dx, [di + M_PITCH + 2]
        mov     [si + V_PITCH_NOW], ax
        mov     [si + V_PITCH_NOW + 2], dx
        mov     byte [si + V_PITCH_RESTS], 0
        mov     ax, [si + V_GAIN]
        mul     word [di + M_AMPLITUDE]
        mov     [si + V_GAIN_NOW], dx
        mov     word [si + V_VDA_SEEN], EG_NEVER
        mov     ax, [si + V_CUTOFF]
        mov     dx, [di + M_CUTOFF]
        call    add_signed
        cmp     ax, [si + V_CODE]
        je      .end
        mov     [si + V_CODE], ax
        mov     dx, [si + V_VDF]
        add     dx, VDF_CUTOFF
        out     dx, ax
.end:
        ret

; What voice SI gives now goes to the chips, as far as it changed. What is less often done stands around it, near enough for a short
; jump: a jump taken costs as much as a load.
pitch_rests:                            ; neither EG nor MG bend it
        cmp     byte [si + V_PITCH_RESTS], 0
        jne     voice_filter
        mov     byte [si + V_PITCH_RESTS], 1
        jmp     voice_pitch
        mg_turns V_MG1, M_MG1, {call mg_vibrato}
        increment_turns

voice_output:
        mov     di, [si + V_MODULATION]
        mov     bp, [si + V_TG]
        mg_voice V_MG1, M_MG1
        mov     cx, ax
        mov     bx, dx
        add     cx, [si + V_PITCH_EG + E_FRACTION]
        adc     bx, [si + V_PITCH_EG + E_VALUE]
        mov     ax, cx
        or      ax, bx
        jz      pitch_rests
        mov     byte [si + V_PITCH_RESTS], 0
voice_pitch:
        mov     al, bh                  ; DX:AX = BX:CX / 256
        cbw
        mov     dx, ax
        mov     al, ch
        mov     ah, bl
        add     ax, [si + V_PITCH_NOW]
        adc     dx, [si + V_PITCH_NOW + 2]
        increment
        cmp     ax, [si + V_INCREMENT]
        jne     .pitch
        cmp     dl, [si + V_INCREMENT + 2]
        je      voice_filter
.pitch:
        mov     [si + V_INCREMENT], ax
        mov     [si + V_INCREMENT + 2], dl
        mov     cl, dl
        lea     dx, [bp + TG_INCREMENT]
        out     dx, ax
        inc     dx
        inc     dx
        mov     al, cl
        out     dx, al
voice_filter:
        mov     dx, [si + V_VDF_EG + E_VALUE]
        cmp     dx, [si + V_CODE_EG]
        je      .same_eg
        mov     [si + V_CODE_EG], dx
        mov     ax, dx
        lea     dx, [bp - TG + VDF + VDF_EG]
        out     dx, ax
.same_eg:
        mg_voice V_MG2, M_MG2
        cmp     dx, [si + V_CODE_MG]
        je      .same_mg
        mov     [si + V_CODE_MG], dx
        mov     ax, dx
        lea     dx, [bp - TG + VDF + VDF_MG]
        out     dx, ax
.same_mg:

        mov     ax, [si + V_VDA_EG + E_VALUE]
        cmp     ax, [si + V_VDA_SEEN]
        je      .same_level
        mov     [si + V_VDA_SEEN], ax
        cwd                             ; a level below 0 is no level
        not     dx
        and     ax, dx
        shl     ax, 1                   ; the amplitude goes with the square (H-VDA)
        shl     ax, 1
        mul     ax
        mov     ax, dx
        mul     word [si + V_GAIN_NOW]
        shl     ax, 1
        rcl     dx, 1
        jc      .loud
.level:
        cmp     dx, [si + V_AMPLITUDE]
        je      .same_level
        mov     [si + V_AMPLITUDE], dx
        mov     ax, dx
        lea     dx, [bp + TG_LEVEL]
        out     dx, ax
.same_level:
        ret
.loud:
        mov     dx, 0FFFFh
        jmp     .level
        mg_turns V_MG2, M_MG2, {}

; One update of voice SI.
        eg_turns V_PITCH_EG
        eg_turns V_VDF_EG
        eg_turns V_VDA_EG

; V_RUN says more than that it runs.
voice_special:
        mov     al, [si + V_RUN]
        test    al, RUN_FRESH
        jz      .begun
        and     byte [si + V_RUN], ~RUN_FRESH & 0FFh
        mov     ah, [services]
        cmp     ah, [si + V_STARTED]
        jne     .begun
        ret                             ; its level is still on the way up
.begun:
        test    al, RUN_RELEASED
        jz      .sounds
        mov     cx, [si + V_AMPLITUDE]
        or      cx, [si + V_VDA_EG + E_COUNT]
        jz      .over                   ; its level was told to go to 0 by now, but may still be on the way
.sounds:
        test    al, RUN_MOVED
        jz      .unmoved
        and     byte [si + V_RUN], ~RUN_MOVED & 0FFh
        push    ax
        call    voice_moved
        pop     ax
.unmoved:
        test    al, RUN_ONE_SHOT
        jz      voice_advance
        test    byte [si + V_FLAGS], F_PLAYED_OUT
        jnz     .over
        mov     ax, [si + V_INCREMENT + 1]
        mov     cx, UPDATE_FRAMES
        mul     cx
        mov     al, ah
        mov     ah, dl
        mov     dl, dh
        xor     dh, dh                  ; DX:AX = 1/16 words an update
        sub     [si + V_LEFT], ax
        sbb     [si + V_LEFT + 2], dx
        jnc     voice_advance
        or      byte [si + V_FLAGS], F_PLAYED_OUT
        jmp     voice_advance
.over:
        jmp     voice_quiet

voice_update:                           ; flags of V_RUN - RUN_ON
        ja      voice_special
voice_advance:
        eg_step V_PITCH_EG
        eg_step V_VDF_EG
        eg_step V_VDA_EG
        jmp     voice_output
