// Entry of the test programs: entered at EL1, MMU off, X0 = device tree. Other CPUs enter at `secondary` with X0 = their
// number. Built with HEADER it begins with a Linux Image header (booting.rst).

        .section .text.start, "ax"
        .global _start
_start:
#ifdef HEADER
        b       1f
        .long   0
        .quad   0                       // text_offset
        .quad   image_size
        .quad   0xa                     // anywhere, 4 KiB pages, little endian
        .quad   0, 0, 0
        .ascii  "ARM\x64"
        .long   0
1:
#endif
        adrp    x9, entry_registers
        add     x9, x9, :lo12:entry_registers
        stp     x0, x1, [x9]
        stp     x2, x3, [x9, #16]
        mov     x10, sp
        str     x10, [x9, #32]
        mov     x0, #0
        mov     x19, #0
        b       2f
        .global secondary
secondary:
        mov     x19, x0
2:      adrp    x1, stacks
        add     x1, x1, :lo12:stacks
        add     x2, x19, #1
        lsl     x2, x2, #13
        add     sp, x1, x2
        adr     x1, vectors
        msr     vbar_el1, x1
        isb
        mov     x0, x19
        cbnz    x19, 3f
        bl      main
        bl      system_off
3:      bl      secondary_main
        b       .

        .macro  vector kind
        .balign 128
        stp     x0, x1, [sp, #-192]!
        mov     x0, #\kind
        b       enter
        .endm

        .balign 2048
vectors:
        .irp    kind, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        vector  \kind
        .endr

enter:  stp     x2, x3, [sp, #16]
        stp     x4, x5, [sp, #32]
        stp     x6, x7, [sp, #48]
        stp     x8, x9, [sp, #64]
        stp     x10, x11, [sp, #80]
        stp     x12, x13, [sp, #96]
        stp     x14, x15, [sp, #112]
        stp     x16, x17, [sp, #128]
        stp     x18, x30, [sp, #144]
        bl      exception
        ldp     x2, x3, [sp, #16]
        ldp     x4, x5, [sp, #32]
        ldp     x6, x7, [sp, #48]
        ldp     x8, x9, [sp, #64]
        ldp     x10, x11, [sp, #80]
        ldp     x12, x13, [sp, #96]
        ldp     x14, x15, [sp, #112]
        ldp     x16, x17, [sp, #128]
        ldp     x18, x30, [sp, #144]
        ldp     x0, x1, [sp], #192
        eret

        .bss
        .balign 16
        .global entry_registers
entry_registers: .space 64
        .balign 8192
stacks: .space  8192 * 8
