/*
 * Shows: what happens to a CPU that touches what its cell does not own: it is parked, and the rest goes on.
 * Parameters: address=N (0x7fc00000: the hypervisor's own memory on this board), width=1|2|4|8 bytes (4),
 * access=read|write|execute (read), value=N to write (0).
 */
#include "inmate.h"

static uint64_t read_memory(uintptr_t address, int64_t width)
{
	switch (width) {
	case 1:
		return mmio_read8(address);
	case 2:
		return mmio_read16(address);
	case 8:
		return mmio_read64(address);
	default:
		return mmio_read32(address);
	}
}

static void write_memory(uintptr_t address, int64_t width, uint64_t value)
{
	switch (width) {
	case 1:
		mmio_write8(address, value);
		break;
	case 2:
		mmio_write16(address, value);
		break;
	case 8:
		mmio_write64(address, value);
		break;
	default:
		mmio_write32(address, value);
	}
}

void inmate_main(void)
{
	uintptr_t address = parameter_integer("address", 0x7fc00000);
	int64_t width = parameter_integer("width", 4);
	char buffer[8];
	const char *access = parameter_string("access", buffer, sizeof(buffer), "read");
	bool execute = strcmp(access, "execute") == 0;

	if (width != 1 && width != 2 && width != 4 && width != 8) {
		printk("width must be 1, 2, 4 or 8\n");
		return;
	}
	if (!map_range(address, width, execute ? MEMORY_CACHED : MEMORY_DEVICE)) {
		printk("%p is beyond what this inmate can address\n", (void *)address);
		return;
	}

	if (execute) {
		printk("Jumping to %p\n", (void *)address);
		((void (*)(void))address)();
		printk("Came back\n");
	} else if (strcmp(access, "write") == 0) {
		uint64_t value = parameter_integer("value", 0);

		printk("Writing 0x%lx, %ld bytes, to %p\n", value, width, (void *)address);
		write_memory(address, width, value);
		printk("Written: the cell owns this address\n");
	} else {
		printk("Reading %ld bytes at %p\n", width, (void *)address);
		printk("Read 0x%lx: the cell owns this address\n", read_memory(address, width));
	}
}
