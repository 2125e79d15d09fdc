/* SYSTEM_RESET: the image is there again as it was loaded, devices and interrupt controller are as after power-on. */
#include "virt.h"

static volatile u32 loaded = 1;

int main(void)
{
	/* Flash outlives the reset: it tells the second start from the first. */
	u32 mark = read32(FLASH1 + 0x1000);
	print("start, data %d, GPIO %x, GICD %x\n", (u64)loaded, (u64)read32(GPIO + 0x400),
	      (u64)read32(GICD));
	loaded = 2;
	if (mark == 0x12345678)
		return 0;
	write32(FLASH1 + 0x1000, 0x00400040);
	write32(FLASH1 + 0x1000, 0x12345678);
	write32(FLASH1, 0x00ff00ff);
	write32(GPIO + 0x400, 0x55);
	gic_init_distributor();
	print("reset\n");
	psci(0x84000009, 0, 0, 0);
	print("not reached\n");
	return 0;
}
