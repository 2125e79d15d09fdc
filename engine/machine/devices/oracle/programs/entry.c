/* How an image is entered, and what the device tree at X0 (or at the start of RAM) says: nodes by path, not in file order. */
#include "virt.h"

static u32 big(const u8 *p) { return (u32)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3]; }

static int same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

static u64 length(const char *s)
{
	u64 n = 0;
	while (s[n])
		n++;
	return n;
}

static const char *const NODES[] = {
	"psci", "memory@40000000", "timer", "intc@8000000", "v2m@8020000", "pl011@9000000", "pl031@9010000",
	"pl061@9030000", "gpio-keys", "poweroff", "flash@0", "fw-cfg@9020000", "virtio_mmio@a000000",
	"virtio_mmio@a003e00", "pcie@10000000", "cpus", "cpu@0", "cpu@1", "chosen", "apb-pclk", "",
};
static const char *const PROPERTIES[] = {
	"compatible", "method", "reg", "interrupts", "ranges", "device_type", "enable-method", "stdout-path", "bootargs",
	"linux,initrd-start", "linux,initrd-end", "clock-frequency", "clock-names", "bank-width", "bus-range",
	"#address-cells", "#size-cells", "#interrupt-cells", "interrupt-controller", "always-on", "cpu_on", "cpu_off",
	"interrupt-map-mask", "linux,pci-domain", "linux,code", "label", "msi-controller", "model",
};

/* One property of one node, wherever it stands in the tree; strings stay readable. */
static void tell(const u8 *tree, const char *node, const char *property)
{
	const u8 *p = tree + big(tree + 8);
	const char *strings = (const char *)tree + big(tree + 12);
	int inside = 0, depth = 0, at = -1;
	for (;;) {
		u32 token = big(p);
		p += 4;
		if (token == 1) {
			depth++;
			if (same((const char *)p, node) && at < 0) {
				inside = 1;
				at = depth;
			}
			p += (length((const char *)p) + 4) & ~3UL;
		} else if (token == 2) {
			if (inside && depth == at)
				inside = 0;
			depth--;
		} else if (token == 3) {
			u32 size = big(p);
			const char *name = strings + big(p + 4);
			p += 8;
			if (inside && depth == at && same(name, property)) {
				print("  %s =", name);
				for (u32 n = 0; n < size; n++) {
					if (p[n] >= 32 && p[n] < 127)
						print("%c", (u64)p[n]);
					else
						print("<%x>", (u64)p[n]);
				}
				print("\n");
			}
			p += (size + 3) & ~3U;
		} else if (token == 9)
			return;
	}
}

int main(void)
{
	u64 tree = entry_registers[0];
	if (entry_registers[0] == 0)
		tree = 0x40000000;
	print("x1 %x x2 %x x3 %x sp %x\n", entry_registers[1], entry_registers[2], entry_registers[3], entry_registers[4]);
	print("EL %x DAIF %x SPSel %x SCTLR %x MPIDR %x MIDR %x\n", sysreg_read("currentel"), sysreg_read("daif"),
	      sysreg_read("spsel"), sysreg_read("sctlr_el1"), sysreg_read("mpidr_el1"), sysreg_read("midr_el1"));
	print("CNTFRQ %d CPACR %x CBAR %x GIC %x\n", sysreg_read("cntfrq_el0"), sysreg_read("cpacr_el1"),
	      sysreg_read("s3_1_c15_c3_0"), sysreg_read("id_aa64pfr0_el1") >> 24 & 0xf);
	print("image at %x, tree at %x, magic %x, size %x\n", (u64)image_start, tree, (u64)big((const u8 *)tree),
	      (u64)big((const u8 *)tree + 4));
	for (u32 n = 0; n < sizeof(NODES) / sizeof(*NODES); n++) {
		print("%s\n", NODES[n]);
		for (u32 i = 0; i < sizeof(PROPERTIES) / sizeof(*PROPERTIES); i++)
			tell((const u8 *)tree, NODES[n], PROPERTIES[i]);
	}
	return 0;
}
