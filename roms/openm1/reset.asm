; Reset: puts the V50's own units where io.inc has them, starts tick and baud rate, sets the PIO directions, clears the variables,
; sets the vectors.

reset:
        cli
        cld
        xor     ax, ax
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     sp, STACK_TOP
        mov     si, setup_table
.next:
        cs lodsw                        ; port, then value
        mov     dx, ax
        cs lodsb
        out     dx, al
        cmp     si, setup_end
        jb      .next

        xor     ax, ax
        mov     di, VARIABLES
        mov     cx, (VARIABLES_END - VARIABLES) / 2
        rep stosw
        mov     di, SOUND_RAM           ; to the end of the RAM
        mov     cx, (10000h - SOUND_RAM) / 2
        rep stosw

        mov     cx, 256                 ; every vector freezes the machine, but for the three in use
        xor     di, di
        mov     si, freeze_entries
.vector:
        mov     ax, si
        stosw
        mov     ax, cs
        stosw
        add     si, FREEZE_ENTRY_SIZE
        loop    .vector
        mov     word [(VECTOR_BASE + 0) * 4], tick_interrupt
        mov     word [(VECTOR_BASE + 1) * 4], serial_interrupt
        mov     word [(VECTOR_BASE + 7) * 4], spurious_interrupt

        mov     byte [pa_high], ADC_BATTERY << 3
        sti
        jmp     power_on

; The ICU gives level 7 for a request that was gone before it was acknowledged. It sets no in-service bit, and self-finish
; leaves nothing to end.
spurious_interrupt:
        iret

%macro  setup 2
        dw      %1
        db      %2
%endmacro

; Order: waits and clocks, then placement, then the enable, then the units, then the board.
setup_table:
        setup   SYS_WMB, 13h            ; lower block 64 KB (SRAM), upper 128 KB (ROM)
        setup   SYS_WCY1, 44h           ; one wait for I/O and for the middle block (program card), none for SRAM and ROM
        setup   SYS_WCY2, 00h
        setup   SYS_RFC, 08h            ; no refresh: the board has no DRAM on this bus
        setup   SYS_TCKS, 00h           ; all three timers from CLKOUT / 2 = 4 MHz
        setup   SYS_OPCN, 06h           ; IRSW 01: INT1 = SCU, INT2 = pin; PF 10: RxD, TxD, INTAK
        setup   SYS_OPHA, 00h
        setup   SYS_IULA, ICU_0
        setup   SYS_TULA, TCU_0
%if PLACES_DMAU
        setup   SYS_DULA, DMA_BASE
%endif
        setup   SYS_SULA, SCU_DATA
        setup   SYS_OPSEL, 0Eh          ; SCU, TCU, ICU on; DMAU off

%if TCU_2_FIRST
        setup   TCU_MODE, 0B0h
%endif
        setup   TCU_MODE, 34h           ; timer 0: mode 2, the tick
        setup   TCU_0, TICK_COUNT & 0FFh
        setup   TCU_0, TICK_COUNT >> 8
        setup   TCU_MODE, 76h           ; timer 1: mode 3, 16 x the baud rate
        setup   TCU_1, MIDI_COUNT & 0FFh
        setup   TCU_1, MIDI_COUNT >> 8
%if !TCU_2_FIRST
        setup   TCU_MODE, 0B0h          ; timer 2: mode 0 without a count: output low
%endif

        setup   SCU_MODE, 4Eh           ; 1 stop, no parity, 8 bits, clock / 16
        setup   SCU_STATUS, SCM_RUN
        setup   SCU_MASK, SCU_RX_ONLY

        setup   ICU_0, 13h              ; IIW1: edges, single, IIW4 follows
        setup   ICU_1, VECTOR_BASE      ; IIW2
        setup   ICU_1, 03h              ; IIW4: normal nesting, self-finish
        setup   ICU_1, 0FCh             ; levels 0 (tick) and 1 (SCU)

%if PIO_E_FIRST
        setup   PIO_CONTROL2, PIO_E_OUT
        setup   PIO_CONTROL1, PIO_D_OUT
%else
        setup   PIO_CONTROL1, PIO_D_OUT
        setup   PIO_CONTROL2, PIO_E_OUT
%endif
        setup   PIO_A, ADC_BATTERY << 3 ; sound chips held in reset, column 0
        setup   PIO_C, LEDS_AT_RESET
        setup   PIO_D, 00h
        setup   PIO_E, 00h
setup_end:
