// Entry of a kernel image on QEMU's virt board or on the bench's own board: stack, zeroed bss, timed call of kernel(),
// result and counter ticks on the UART, power off.
    .section .text.start, "ax"
    .global _start
_start:
    ldr     x0, =stack_top
    mov     sp, x0
    mrs     x0, cpacr_el1
    orr     x0, x0, #(3 << 20)
    msr     cpacr_el1, x0
    isb
    ldr     x0, =bss_start
    ldr     x1, =bss_end
1:  cmp     x0, x1
    b.hs    2f
    str     xzr, [x0], #8
    b       1b
2:  bl      setup
    mrs     x20, cntvct_el0
    mov     x0, #0
    ldr     x21, =kernel
    blr     x21
    mov     x22, x0
    mrs     x21, cntvct_el0
    sub     x21, x21, x20
    mrs     x23, cntfrq_el0
    ldr     x19, =0x09000000
    mov     x0, x22
    bl      hex
    mov     x0, x21
    bl      hex
    mov     x0, x23
    bl      hex
    movz    x0, #0x8400, lsl #16
    movk    x0, #8
    hvc     #0
3:  b       3b

hex:
    mov     x2, #60
4:  lsr     x3, x0, x2
    and     x3, x3, #15
    cmp     x3, #10
    add     x4, x3, #'0'
    add     x5, x3, #('a' - 10)
    csel    x3, x4, x5, lo
    str     w3, [x19]
    subs    x2, x2, #4
    b.pl    4b
    mov     w3, #10
    str     w3, [x19]
    ret
