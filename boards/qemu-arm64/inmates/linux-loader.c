/*
 * Starts a Linux kernel that was loaded into the cell: MMU and caches off, x0 = device tree, x1 to x3 = 0, as the
 * kernel's boot protocol (Documentation/arm64/booting.rst) asks for.
 * Parameters: kernel=ADDRESS, dtb=ADDRESS.
 */
#include "inmate.h"

static void __attribute__((noreturn)) start_kernel(uint64_t kernel, uint64_t device_tree)
{
	register uint64_t x0 asm("x0") = device_tree;
	register uint64_t entry asm("x4") = kernel;
	/* SCTLR_EL1.I, C, M */
	register uint64_t off asm("x5") = read_sysreg(sctlr_el1) & ~0x1005UL;

	asm volatile("msr	daifset, #0xf\n"
		     "mov	x1, xzr\n"
		     "mov	x2, xzr\n"
		     "mov	x3, xzr\n"
		     "msr	sctlr_el1, x5\n"
		     "isb\n"
		     "tlbi	vmalle1\n"
		     "dsb	nsh\n"
		     "isb\n"
		     "br	x4\n"
		     :
		     : "r"(x0), "r"(entry), "r"(off)
		     : "x1", "x2", "x3", "memory");
	__builtin_unreachable();
}

void inmate_main(void)
{
	uint64_t kernel = parameter_integer("kernel", 0);
	uint64_t device_tree = parameter_integer("dtb", 0);

	if (!kernel || !device_tree) {
		printk("kernel=ADDRESS and dtb=ADDRESS must be given\n");
		return;
	}
	start_kernel(kernel, device_tree);
}
