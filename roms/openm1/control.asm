; Controllers of a channel: pitch bend, aftertouch, control changes. What each channel's say is kept; a part has what its filter
; bits let through (timbre byte 9: 1 damper, 2 aftertouch, 3 control changes; bend always counts, H-PARTS).

TUNE_LIMIT      equ     50              ; cents
NOTE_BACKLOG    equ     RX_SIZE / 4     ; bytes waiting behind a note that is not begun any more
RPN_TUNE        equ     0001h           ; fine tuning = master tune
RPN_NONE        equ     7F7Fh

notes_begin:
        mov     word [voice_next], voices
        mov     di, channels + CH_VOLUME
        mov     cx, 16
.channel:
        mov     byte [di], 127
        add     di, CH_SIZE
        loop    .channel
        mov     word [rpn], RPN_NONE
        mov     byte [volume_sent], 0FFh        ; none yet
        ret

; A whole channel message: AH = status, midi_data. Program changes are elsewhere. Changes all registers but SP.
channel_message:
        mov     dl, ah
        and     dl, 0Fh                 ; DL = channel
        mov     [note_channel], dl
        and     ah, 0F0h
        mov     cx, [midi_data]         ; CL, CH
        cmp     ah, 0B0h
        je      control_change
        ja      .more
        cmp     ah, 90h
        je      .note_on
        jb      .note_off
        ret                             ; A0: aftertouch of single keys
.note_off:
        xor     ch, ch
.note_on:
        test    ch, ch
        jz      .note
        mov     ax, [rx_head]
        sub     ax, [rx_tail]
        and     ax, RX_SIZE - 1
        cmp     ax, NOTE_BACKLOG
        ja      .too_late
.note:
        mov     ax, cx
        jmp     note_event
.too_late:
        ret
.more:
        cmp     ah, 0D0h
        je      channel_aftertouch
        shl     cl, 1                   ; E0: 7 bits each, low first
        shr     cx, 1
        sub     cx, 2000h
        mov     ax, cx

; AX = -8192 to 8191, channel DL.
channel_bend:
        call    channel_controls
        mov     [bx + CH_BEND], ax
        jmp     controls_moved

; CL = 0-127, channel DL.
channel_aftertouch:
        call    channel_controls
        mov     [bx + CH_AFTER], cl

; The controllers of channel DL changed.
controls_moved:
        mov     si, parts
.part:
        cmp     byte [si + P_ON], 0
        je      .next
        cmp     dl, [si + P_CHANNEL]
        jne     .next
        push    dx
        call    part_controls
        pop     dx
.next:
        add     si, PART_SIZE
        cmp     si, parts + PARTS * PART_SIZE
        jb      .part
        ret

; BX = controllers of channel DL. All else kept.
channel_controls:
        mov     bl, dl
        xor     bh, bh
        shl     bx, 3
        add     bx, channels
        ret

; The part at SI takes what its channel's controllers say. SI kept.
part_controls:
        mov     dl, [si + P_CHANNEL]
        call    channel_controls
        mov     ax, [bx + CH_BEND]
        mov     [si + P_BEND], ax
        mov     cl, [si + P_FLAGS]
        xor     ax, ax
        mov     dl, 127
        test    cl, 8
        jz      .controls
        mov     ax, [bx + CH_MOD1]
        mov     dl, [bx + CH_VOLUME]
.controls:
        mov     [si + P_MOD1], ax       ; P_MOD2 as well
        mov     [si + P_VOLUME], dl
        xor     al, al
        test    cl, 4
        jz      .after
        mov     al, [bx + CH_AFTER]
.after:
        mov     [si + P_AFTER], al
        xor     al, al
        test    cl, 2
        jz      .damper
        mov     al, [bx + CH_DAMPER]
.damper:
        xchg    al, [si + P_DAMPER]
        test    al, 1
        jz      .end
        test    byte [si + P_DAMPER], 1
        jz      damper_up
.end:
        ret

; The damper of the part at SI came up: what only it kept is released. SI kept.
damper_up:
        mov     ax, si
        sub     ax, parts
        shr     ax, 5
        mov     di, voices
        xor     cx, cx
.voice:
        cmp     al, [di + V_PART]
        jne     .next
        mov     bx, cx
        cmp     byte [di + V_STATE], STATE_HELD
        je      .kept
        cmp     byte [voice_pending + bx], 0    ; its key came up before it started: it need not start any more
        je      .next
.kept:
        call    voice_holds
        jnz     .next
        mov     byte [voice_pending + bx], 0
        push    ax
        push    cx
        mov     al, cl
        call    voice_off
        pop     cx
        pop     ax
.next:
        add     di, VOICE_SIZE
        inc     cx
        cmp     cl, VOICES
        jb      .voice
        ret

; Control CL = CH of channel DL.
control_change:
        call    channel_controls
        xor     si, si
.look:
        cmp     cl, [cs:control_table + si]
        je      .found
        add     si, 3
        cmp     si, CONTROLS * 3
        jb      .look
        ret
.found:
        jmp     [cs:control_table + si + 1]

control_table:
%macro  control 2
        db      %1
        dw      %2
%endmacro
        control 1, control_mod1
        control 2, control_mod2
        control 6, control_data_high
        control 7, control_volume
        control 38, control_data_low
        control 64, control_damper
        control 96, control_increment
        control 97, control_decrement
        control 98, control_no_parameter
        control 99, control_no_parameter
        control 100, control_parameter_low
        control 101, control_parameter_high
        control 120, control_sound_off
        control 121, control_reset
        control 122, control_local
        control 123, control_notes_off
        control 124, control_notes_off  ; the mode messages end notes as well
        control 125, control_notes_off
        control 126, control_notes_off
        control 127, control_notes_off
CONTROLS        equ     ($ - control_table) / 3

control_mod1:
        mov     [bx + CH_MOD1], ch
        jmp     controls_moved
control_mod2:
        mov     [bx + CH_MOD2], ch
        jmp     controls_moved
control_volume:
        mov     [bx + CH_VOLUME], ch
        jmp     controls_moved
control_damper:
        shl     ch, 2                   ; 64 and above: down
        mov     al, 0
        adc     al, 0
        mov     [bx + CH_DAMPER], al
        jmp     controls_moved
control_reset:
        xor     ax, ax
        mov     [bx + CH_BEND], ax
        mov     [bx + CH_MOD1], ax      ; CH_MOD2 as well
        mov     [bx + CH_AFTER], al     ; not the volume
        mov     [bx + CH_DAMPER], al
        mov     word [rpn], RPN_NONE
        jmp     controls_moved

; Parameters and local control are the global channel's.
%macro  global_channel_only 0
        cmp     dl, [SET_CHANNEL]
        jne     control_not_ours
%endmacro

control_local:
        global_channel_only
        shl     ch, 2
        sbb     al, al
        not     al
        and     al, 1
        mov     [local_off], al
control_not_ours:
        ret
control_no_parameter:
        global_channel_only
        mov     word [rpn], RPN_NONE
        ret
control_parameter_low:
        global_channel_only
        mov     [rpn], ch
        ret
control_parameter_high:
        global_channel_only
        mov     [rpn + 1], ch
        ret
control_increment:
        mov     al, 1
        jmp     control_step
control_decrement:
        mov     al, -1
control_step:
        global_channel_only
        cmp     word [rpn], RPN_TUNE
        jne     control_not_ours
        mov     cl, al
        mov     al, [MASTER_TUNE]
        mov     ah, TUNE_LIMIT          ; a dump may have brought more
        call    held_to
        add     al, cl
        jmp     control_tune
control_data_high:
        global_channel_only
        mov     cl, 0                   ; the high one begins a value
        mov     [data_entry], cx
        jmp     control_data
control_data_low:
        global_channel_only
        mov     [data_entry], ch
control_data:
        cmp     word [rpn], RPN_TUNE
        jne     control_not_ours
        mov     ax, [data_entry]
        shl     al, 1
        shr     ax, 1
        sub     ax, 2000h               ; -8192 to 8191 = a semitone down and up
        mov     cx, 100
        imul    cx
        add     ax, 1000h               ; rounded
        adc     dx, 0
        shl     ax, 1
        rcl     dx, 1
        shl     ax, 1
        rcl     dx, 1
        shl     ax, 1
        rcl     dx, 1
        mov     al, dl
control_tune:                           ; AL = cents
        mov     ah, TUNE_LIMIT
        call    held_to
        mov     di, MASTER_TUNE
        mov     byte [redraw], 1
        jmp     store

; Every voice of channel DL: released, held ones too, or ended; tails of parts that are not in use any more as well.
control_notes_off:
        mov     bp, voice_off
        jmp     channel_silence
control_sound_off:
        mov     bp, voice_stop
channel_silence:
        mov     si, parts
        xor     cx, cx
.part:
        cmp     dl, [si + P_CHANNEL]
        jne     .next
        push    dx
        call    part_silence
        pop     dx
.next:
        add     si, PART_SIZE
        inc     cx
        cmp     cl, PARTS
        jb      .part
        ret

; Every voice of every part is released and every damper is up: whoever held the keys is gone.
all_notes_off:
        mov     di, channels + CH_DAMPER
        mov     cx, 16
.channel:
        mov     byte [di], 0
        add     di, CH_SIZE
        loop    .channel
        mov     bp, voice_off
        mov     si, parts
.part:
        mov     byte [si + P_DAMPER], 0
        call    part_silence
        add     si, PART_SIZE
        inc     cx
        cmp     cl, PARTS
        jb      .part
        ret

; BP = voice_off or voice_stop for the voices of part CL at SI. CX, SI kept.
part_silence:
        push    cx
        mov     di, si
        call    forget_keys
        mov     ch, cl
        xor     cl, cl
        mov     di, voices
.voice:
        mov     al, [di + V_STATE]
        test    al, al
        jz      .next
        cmp     ch, [di + V_PART]
        jne     .next
        cmp     bp, voice_stop
        je      .do
        cmp     al, STATE_RELEASED
        je      .next
.do:
        mov     bl, cl
        xor     bh, bh
        mov     byte [voice_pending + bx], 0
        push    cx
        mov     al, cl
        call    bp
        pop     cx
.next:
        add     di, VOICE_SIZE
        inc     cl
        cmp     cl, VOICES
        jb      .voice
        pop     cx
        ret
