// A bare-metal interpreter of bus and system-register operations, run on qemu-system-aarch64's virt machine as the oracle
// of our device models (see oracle.ts for the operation format). Entered at EL1 or EL2 with the caches and MMU off.
// Every CPU walks the same operation list; the shared counter says whose turn it is.

        .equ    OPERATIONS, 0x48000000  // 32 bytes each: u32 kind, u32 cpu, u64 a, u64 b, u64 c
        .equ    RESULTS,    0x50000000  // u64 each
        .equ    UART,       0x09000000

        .text
        .global _start
_start:
        // x19 = this CPU, x20 = counter, x21 = operations, x22 = results
        mrs     x19, mpidr_el1
        and     x19, x19, #0xff
        adr     x20, counter
        ldr     x21, =OPERATIONS
        ldr     x22, =RESULTS
        adr     x1, stacks
        add     x1, x1, x19, lsl #8
        add     sp, x1, #0x100
        mrs     x0, CurrentEL
        cmp     x0, #8
        b.ne    1f
        adr     x1, vectors
        msr     vbar_el2, x1
        adr     x1, vectors_guest
        msr     vbar_el1, x1
        mov     x1, #(1 << 31)          // HCR_EL2.RW: EL1 is AArch64
        msr     hcr_el2, x1
        mov     x1, #0xf
        msr     s3_4_c12_c9_5, x1       // ICC_SRE_EL2
        isb
        b       2f
1:      adr     x1, vectors
        msr     vbar_el1, x1
2:      isb
        cbnz    x19, next
        // CPU 0 starts the others: operation 0 is { kind 0, cpus, conduit }
        ldr     w23, [x21, #4]
        ldr     x24, [x21, #8]
        mov     x25, #1
3:      cmp     x25, x23
        b.ge    4f
        ldr     x0, =0xc4000003         // CPU_ON
        mov     x1, x25
        adr     x2, _start
        mov     x3, #0
        cbnz    x24, 5f
        hvc     #0
        b       6f
5:      smc     #0
6:      add     x25, x25, #1
        b       3b
4:      mov     x0, #1
        stlr    x0, [x20]

next:
        ldar    x26, [x20]
        cbz     x26, idle
        add     x27, x21, x26, lsl #5
        ldp     w28, w1, [x27]          // kind, cpu
        cmp     w28, #0xff
        b.eq    finish
        cmp     w1, w19
        b.ne    idle
        ldp     x2, x3, [x27, #8]       // a, b
        ldr     x4, [x27, #24]          // c
        mov     x0, #0
        adr     x5, table
        ldr     w6, [x5, x28, lsl #2]
        add     x5, x5, w6, sxtw
        blr     x5
done:
        str     x0, [x22, x26, lsl #3]
        add     x26, x26, #1
        stlr    x26, [x20]
        b       next
idle:   yield
        b       next

finish: cbnz    x19, halt
        // CPU 0 sends the results through the UART, raw, after a fresh set-up of it
        ldr     x1, =UART
        mov     w2, #0x301
        str     w2, [x1, #0x30]
        add     x3, x22, x26, lsl #3
        add     x4, x22, #8
7:      cmp     x4, x3
        b.ge    8f
9:      ldr     w5, [x1, #0x18]
        tbnz    w5, #5, 9b
        ldrb    w5, [x4], #1
        str     w5, [x1]
        b       7b
8:      ldr     x0, =0x84000008         // SYSTEM_OFF
        ldr     x24, [x21, #8]
        cbnz    x24, 10f
        hvc     #0
10:     smc     #0
halt:   wfi
        b       halt

        .balign 4
table:  .word   0
        .word   read8 - table, read16 - table, read32 - table, read64 - table
        .word   write8 - table, write16 - table, write32 - table, write64 - table
        .word   execute - table, execute_guest - table, delay - table, call_hvc - table, call_smc - table

read8:  ldrb    w0, [x2]
        ret
read16: ldrh    w0, [x2]
        ret
read32: ldr     w0, [x2]
        ret
read64: ldr     x0, [x2]
        ret
write8: strb    w3, [x2]
        ret
write16: strh   w3, [x2]
        ret
write32: str    w3, [x2]
        ret
write64: str    x3, [x2]
        ret

        // a = instruction word, b = value of x0 before it
execute:
        adr     x5, slots
        add     x5, x5, x19, lsl #6
        str     w2, [x5]
        ldr     w6, ret_word
        str     w6, [x5, #4]
        dc      cvau, x5
        dsb     ish
        ic      ivau, x5
        dsb     ish
        isb
        mov     x0, x3
        br      x5
ret_word: ret

        // The same at EL1 under EL2: instruction, then hvc #1
execute_guest:
        adr     x5, slots
        add     x5, x5, x19, lsl #6
        str     w2, [x5]
        ldr     w6, hvc_word
        str     w6, [x5, #4]
        dc      cvau, x5
        dsb     ish
        ic      ivau, x5
        dsb     ish
        isb
        msr     elr_el2, x5
        mov     x6, #0x3c5
        msr     spsr_el2, x6
        mov     x0, x3
        str     x30, [sp, #-16]!
        isb
        eret
hvc_word: hvc   #1

delay:  cbz     x2, 1f
        sub     x2, x2, #1
        b       delay
1:      ret

call_hvc:
        stp     x30, xzr, [sp, #-16]!
        mov     x0, x2
        mov     x1, x3
        mov     x2, x4
        mov     x3, #0x1234
        hvc     #0
        ldp     x30, xzr, [sp], #16
        ret
call_smc:
        stp     x30, xzr, [sp, #-16]!
        mov     x0, x2
        mov     x1, x3
        mov     x2, x4
        mov     x3, #0x1234
        smc     #0
        ldp     x30, xzr, [sp], #16
        ret

        // Own exception: the result is 0xEEEE << 48 | ESR, and the operation ends
        .macro  own esr
        mrs     x0, \esr
        movk    x0, #0xeeee, lsl #48
        adr     x1, stacks
        add     x1, x1, x19, lsl #8
        add     sp, x1, #0x100
        b       done
        .endm

own_exception:
        mrs     x1, CurrentEL
        cmp     x1, #8
        b.eq    1f
        own     esr_el1
1:      own     esr_el2

guest_exit:
        mrs     x1, esr_el2
        and     x1, x1, #0xffff
        cmp     x1, #1
        b.eq    1f
        mrs     x0, esr_el1             // hvc #2 from the guest's vectors, or a trap to EL2
        movk    x0, #0xeeee, lsl #48
1:      ldr     x30, [sp], #16
        ret

        .balign 2048
vectors:
        .rept   8
        b       own_exception
        .balign 128
        .endr
        b       guest_exit
        .balign 128
        .rept   7
        b       own_exception
        .balign 128
        .endr

        .balign 2048
vectors_guest:
        .rept   16
        hvc     #2
        .balign 128
        .endr

        .balign 4096
counter: .quad  0
        .balign 64
slots:  .space  64 * 16
stacks: .space  256 * 16
