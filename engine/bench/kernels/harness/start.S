/* Entry of a bench kernel: EL1, MMU off. Clears bss, sets up stack and, if the kernel's header says so, the MMU. */

#define RAM_BASE 0x40000000
#define BLOCK_SIZE 0x200000

/* Descriptors (DDI 0487, D5): normal memory is attribute 0, device memory attribute 1. */
#define TABLE 0x3
#define NORMAL_BLOCK 0x701			/* AF, inner shareable, block */
#define DEVICE_BLOCK 0x405			/* AF, attribute 1, block */

	.section .start, "ax"
	.globl _start
_start:
	b	begin

	.text
begin:
	ldr	x0, =stack_top
	mov	sp, x0
	ldr	x0, =bss_start
	ldr	x1, =bss_end
1:	cmp	x0, x1
	b.hs	2f
	stp	xzr, xzr, [x0], #16
	b	1b
2:
	ldr	x0, =kernel_header
	ldr	x0, [x0, #8]
	cbz	x0, harness_main

	/* Level 1: devices below 1 GiB as one block, RAM above by a table of 2 MiB blocks. */
	ldr	x0, =level1
	ldr	x1, =level2
	mov	x2, #DEVICE_BLOCK
	str	x2, [x0]
	orr	x2, x1, #TABLE
	str	x2, [x0, #8]
	ldr	x2, =(RAM_BASE + NORMAL_BLOCK)
	mov	x3, #BLOCK_SIZE
	mov	x4, #512
3:	str	x2, [x1], #8
	add	x2, x2, x3
	subs	x4, x4, #1
	b.ne	3b

	mov	x1, #0x04ff			/* MAIR: 0 write-back, 1 device nGnRE */
	msr	mair_el1, x1
	ldr	x1, =(25 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23 | 2 << 32)	/* 39 bits, cached walks, 40-bit physical */
	msr	tcr_el1, x1
	msr	ttbr0_el1, x0
	dsb	sy
	tlbi	vmalle1
	dsb	sy
	isb
	mrs	x1, sctlr_el1
	mov	x2, #0x1005			/* I, C, M */
	orr	x1, x1, x2
	msr	sctlr_el1, x1
	isb
	b	harness_main

	.bss
	.balign 4096
level1:	.space	4096
level2:	.space	4096
