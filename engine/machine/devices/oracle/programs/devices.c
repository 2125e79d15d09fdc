/* UART, RTC, GPIO, flash, firmware configuration, virtio slots, PCI host and what lies between them. */
#include "virt.h"

static void peek(const char *what, u64 base, const u16 *offsets, u32 many)
{
	print("%s:", what);
	for (u32 n = 0; n < many; n++)
		print(" %x", (u64)read32(base + offsets[n]));
	print("\n");
}
#define PEEK(what, base, ...)                                                                                          \
	do {                                                                                                           \
		static const u16 offsets[] = { __VA_ARGS__ };                                                          \
		peek(what, base, offsets, sizeof(offsets) / 2);                                                        \
	} while (0)

static void probe(const char *what, u64 at, int write)
{
	u64 before = exceptions;
	u64 value = 0;
	if (write)
		write32(at, 0);
	else
		value = read32(at);
	dsb();
	if (exceptions == before)
		print("%s: %x\n", what, value);
	else
		print("%s: ESR %x FAR %x\n", what, last_esr, last_far);
}

static void flash(void)
{
	write32(FLASH1, 0x00980098);
	print("CFI query:");
	for (u32 n = 0x10; n < 0x35; n++)
		print(" %x", (u64)read32(FLASH1 + n * 4) & 0xffff);
	write32(FLASH1, 0x00ff00ff);
	write32(FLASH1, 0x00900090);
	print("\nidentification: %x %x %x\n", (u64)read32(FLASH1), (u64)read32(FLASH1 + 4), (u64)read32(FLASH1 + 8));
	write32(FLASH1, 0x00ff00ff);
	write32(FLASH1, 0x00200020);
	write32(FLASH1, 0x00d000d0);
	print("erase: %x", (u64)read32(FLASH1));
	write32(FLASH1, 0x00ff00ff);
	print(" %x %x %x\n", (u64)read32(FLASH1), (u64)read32(FLASH1 + 0x3fffc), (u64)read32(FLASH1 + 0x40000));
	for (u32 n = 0; n < 4; n++) {
		write32(FLASH1 + n * 4, 0x00400040);
		write32(FLASH1 + n * 4, 0x11223344 * (n + 1));
	}
	print("program: %x", (u64)read32(FLASH1));
	write32(FLASH1, 0x00ff00ff);
	print(" %x %x %x %x\n", (u64)read32(FLASH1), (u64)read32(FLASH1 + 4), (u64)read64(FLASH1 + 8), (u64)read8(FLASH1 + 5));
	/* ret: code in flash runs */
	write32(FLASH1 + 0x100, 0x00400040);
	write32(FLASH1 + 0x100, 0x5283d540); /* mov w0, #0x1eaa */
	write32(FLASH1 + 0x104, 0x00400040);
	write32(FLASH1 + 0x104, 0xd65f03c0);
	write32(FLASH1, 0x00ff00ff);
	isb();
	print("code in flash: %x\n", ((u64(*)(void))(FLASH1 + 0x100))());
}

static void pci(void)
{
	for (u32 device = 0; device < 32; device++)
		for (u32 function = 0; function < 8; function++) {
			u64 at = ECAM + (device << 15) + (function << 12);
			u32 id = read32(at);
			if (id != 0xffffffff)
				print("00:%x.%x id %x class %x header %x\n", (u64)device, (u64)function, (u64)id,
				      (u64)read32(at + 8), (u64)read8(at + 14));
		}
	print("bus 1: %x %x, narrow %x %x\n", (u64)read32(ECAM + 0x100000), (u64)read32(ECAM + 0xff00000),
	      (u64)read16(ECAM + 2), (u64)read8(ECAM + 1));
	write16(ECAM + 4, 0x107);
	print("command %x, BAR", (u64)read32(ECAM + 4));
	write32(ECAM + 0x10, 0xffffffff);
	print(" %x\n", (u64)read32(ECAM + 0x10));
}

int main(void)
{
	gic_init_distributor();
	gic_init_cpu();
	gic_enable(27, 0x80);
	PEEK("UART", UART, 0x18, 0x24, 0x28, 0x2c, 0x30, 0x34, 0x38, 0x3c, 0x40, 0xfe0, 0xfe4, 0xfe8, 0xfec, 0xff0, 0xff4,
	     0xff8, 0xffc);
	write32(UART + 0x2c, 0x70);
	write32(UART + 0x24, 13);
	write32(UART + 0x28, 1);
	write32(UART + 0x30, 0x301);
	print("baud %d/%d\n", (u64)read32(UART + 0x24), (u64)read32(UART + 0x28));
	write8(UART, 'x');
	write16(UART, 'y');
	write32(UART, '\n');

	PEEK("RTC", RTC, 4, 0xc, 0x10, 0x14, 0x18, 0xfe0, 0xfe4, 0xfe8, 0xfec, 0xff0);
	write32(RTC + 8, 1000);
	u32 now = read32(RTC);
	print("RTC set: %s\n", now == 1000 || now == 1001 ? "yes" : "no");
	sysreg_write("cntv_tval_el0", sysreg_read("cntfrq_el0") + 1000);
	sysreg_write("cntv_ctl_el0", 1);
	while (!(sysreg_read("cntv_ctl_el0") & 4))
		wfi();
	now = read32(RTC);
	print("RTC counts: %s\n", now == 1001 || now == 1002 ? "yes" : "no");
	PEEK("GPIO", GPIO, 0x3fc, 0x400, 0x404, 0x414, 0x418, 0xfe0, 0xfe4, 0xff0);
	write32(GPIO + 0x400, 0x0f);
	write32(GPIO + 0x3fc, 0x05);
	print("GPIO out %x masked %x\n", (u64)read32(GPIO + 0x3fc), (u64)read32(GPIO + 0x010));
	flash();

	write16(FW_CFG + 8, 0);
	print("fw_cfg %c%c%c%c\n", (u64)read8(FW_CFG), (u64)read8(FW_CFG), (u64)read8(FW_CFG), (u64)read8(FW_CFG));
	for (u32 n = 0; n < 32; n += 31)
		PEEK("virtio", VIRTIO + n * 0x200, 0, 4, 8, 0xc, 0x10, 0x34, 0x70);
	pci();
#if GIC_VERSION == 2
	/* A message through the MSI frame becomes an edge of a shared interrupt. */
	print("MSI_TYPER %x IIDR %x\n", (u64)read32(V2M + 8), (u64)read32(V2M + 0xfcc));
	gic_enable(117, 0x80);
	write32(gic_word(117, 0xc00, 2), 0xffffffff);
	write32(V2M + 0x40, 117);
	print("MSI pending %d %d\n", (u64)gic_pending(117), (u64)gic_pending(118));
#endif

	probe("behind the UART's registers", UART + 0x800, 0);
	probe("no device", 0x0b000000, 0);
	probe("no device, written", 0x0b000000, 1);
	probe("above the RAM", 0x7000000000, 0);
	print("exceptions %d\n", exceptions);
	return 0;
}
