/*
 * Entry points and exception vectors of an arm64 inmate.
 * A cell's first CPU starts at the first byte with the MMU off, in EL1h, everything masked, registers zero;
 * the others start at secondary_entry when the inmate asks for them with PSCI CPU_ON.
 */

/* Registers that an interrupt handler written in C may change (AAPCS64, IHI 0055): x0-x18 and x30. */
#define FRAME_SIZE 160

	.section .start, "ax"
	.globl image_start
image_start:
	adr	x0, vectors
	msr	vbar_el1, x0
	mov	x0, #(3 << 20)			/* CPACR_EL1.FPEN: no traps */
	msr	cpacr_el1, x0
	isb
	ldr	x0, =stack_top
	mov	sp, x0

	/* A cell that is shut down and started again without loading finds its memory as it left it. */
	ldr	x0, =bss_start
	ldr	x1, =bss_end
1:	cmp	x0, x1
	b.hs	2f
	stp	xzr, xzr, [x0], #16
	b	1b
2:
	bl	mmu_prepare
	bl	mmu_enable
	msr	daifclr, #0xc			/* debug exceptions and SErrors; IRQs when a handler is set */
	b	runtime_main

/*
 * x0 = struct secondary_start * as PSCI passes the context. Jailhouse hands it over in x1 instead, with x0 = 0: take either.
 * No memory is written before the MMU is on, so that no stale cache line can cover it later.
 */
	.globl secondary_entry
secondary_entry:
	orr	x19, x0, x1
	adr	x0, vectors
	msr	vbar_el1, x0
	mov	x0, #(3 << 20)
	msr	cpacr_el1, x0
	isb
	bl	mmu_enable
	ldp	x1, x0, [x19]			/* stack_top, function */
	mov	sp, x1
	msr	daifclr, #0xc
	blr	x0
	b	stop

/* Loads the registers that mmu_prepare() computed and turns MMU and caches on. Uses x9-x12 and no stack. */
mmu_enable:
	adr	x9, mmu_registers_address
	ldr	x9, [x9]
	ldp	x10, x11, [x9]
	ldr	x12, [x9, #16]
	msr	mair_el1, x10
	msr	tcr_el1, x11
	msr	ttbr0_el1, x12
	tlbi	vmalle1
	dsb	nsh
	isb
	mrs	x9, sctlr_el1
	mov	x10, #0x1005			/* I, C, M */
	orr	x9, x9, x10
	msr	sctlr_el1, x9
	isb
	ret
	.balign 8
mmu_registers_address:
	.quad	mmu_registers
	.ltorg

/* A vector for what an inmate does not handle: report it and stop. The number is the vector's. */
	.macro fatal_vector number
	.balign 0x80
	mov	x0, #\number
	b	exception_report
	.endm

	.balign 0x800
vectors:
	fatal_vector 0				/* current EL, SP_EL0 */
	fatal_vector 1
	fatal_vector 2
	fatal_vector 3
	fatal_vector 4				/* current EL, SP_EL1: synchronous */
	.balign 0x80
	b	irq_entry
	fatal_vector 6				/* FIQ */
	fatal_vector 7				/* SError */
	fatal_vector 8				/* lower EL, AArch64 */
	fatal_vector 9
	fatal_vector 10
	fatal_vector 11
	fatal_vector 12				/* lower EL, AArch32 */
	fatal_vector 13
	fatal_vector 14
	fatal_vector 15
	.balign 0x80

	.text
/* IRQ from EL1h. Nested interrupts do not happen: the handler runs with IRQs masked. */
irq_entry:
	sub	sp, sp, #FRAME_SIZE
	stp	x0, x1, [sp, #0]
	stp	x2, x3, [sp, #16]
	stp	x4, x5, [sp, #32]
	stp	x6, x7, [sp, #48]
	stp	x8, x9, [sp, #64]
	stp	x10, x11, [sp, #80]
	stp	x12, x13, [sp, #96]
	stp	x14, x15, [sp, #112]
	stp	x16, x17, [sp, #128]
	stp	x18, x30, [sp, #144]
	bl	interrupt_dispatch
	ldp	x18, x30, [sp, #144]
	ldp	x16, x17, [sp, #128]
	ldp	x14, x15, [sp, #112]
	ldp	x12, x13, [sp, #96]
	ldp	x10, x11, [sp, #80]
	ldp	x8, x9, [sp, #64]
	ldp	x6, x7, [sp, #48]
	ldp	x4, x5, [sp, #32]
	ldp	x2, x3, [sp, #16]
	ldp	x0, x1, [sp, #0]
	add	sp, sp, #FRAME_SIZE
	eret

	.globl stop
stop:
	msr	daifset, #0xf
1:	wfi
	b	1b

	.section .command_line, "aw"
	.globl command_line
command_line:
	.space	256
