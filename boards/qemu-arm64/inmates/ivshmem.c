/*
 * Shows: an ivshmem device. Finds it on the virtual PCI host, writes into its own output section, rings a peer ten times a
 * second, and prints what it reads of the others when it is rung.
 * Parameters: peer=N whom to ring (the next id, around), count=N stop after so many rings (0: never).
 */
#include "inmate.h"

/* Configuration space, PCI Local Bus Specification 3.0, 6.1; ivshmem 2 as the hypervisor shows it. */
#define PCI_VENDOR_DEVICE 0x00
#define PCI_COMMAND 0x04
#define PCI_CLASS_REVISION 0x08
#define PCI_BAR0 0x10
#define PCI_CAPABILITIES 0x34
#define PCI_INTERRUPT_PIN 0x3d
#define COMMAND_MEMORY 0x0002
#define ECAM_SIZE 0x100000UL
#define IVSHMEM 0x4106110a
#define CLASS_OTHER 0xff

#define CAPABILITY_VENDOR 0x09
/* From the start of the vendor capability. */
#define CAP_STATE_TABLE_SIZE 0x04
#define CAP_RW_SIZE 0x08
#define CAP_OUTPUT_SIZE 0x10
#define CAP_ADDRESS 0x18

/* Registers in BAR 0. */
#define REG_ID 0x00
#define REG_MAX_PEERS 0x04
#define REG_INT_CTRL 0x08
#define REG_DOORBELL 0x0c
#define REG_STATE 0x10

#define PEERS_MOST 12
#define PAUSE_NS 100000000UL

static uintptr_t device, registers;
static uint32_t id, peers;
static volatile uint32_t *state_table;
static char *outputs;
static uint64_t output_size;
static volatile int64_t rung, ticks;

static uint64_t config_read64(uintptr_t address)
{
	return mmio_read32(address) | (uint64_t)mmio_read32(address + 4) << 32;
}

/* Function 0 of every device on bus 0. */
static bool find_device(void)
{
	uintptr_t ecam = comm_region->pci_mmconfig_base;

	if (!ecam || !map_range(ecam, 2 * ECAM_SIZE, MEMORY_DEVICE))
		return false;
	for (unsigned int slot = 0; slot < 32; slot++) {
		device = ecam + (slot << 15);
		if (mmio_read32(device + PCI_VENDOR_DEVICE) == IVSHMEM &&
		    mmio_read32(device + PCI_CLASS_REVISION) >> 8 == CLASS_OTHER << 16)
			return true;
	}
	return false;
}

static uintptr_t vendor_capability(void)
{
	uint8_t at = mmio_read8(device + PCI_CAPABILITIES);

	while (at && mmio_read8(device + at) != CAPABILITY_VENDOR)
		at = mmio_read8(device + at + 1);
	return at ? device + at : 0;
}

static void print_peer(uint32_t peer)
{
	const char *output = outputs + peer * output_size;

	if (peer != id && state_table[peer])
		printk("Peer %u is in state %u and says \"%s\"\n", peer, state_table[peer], output);
}

static void on_interrupt(unsigned int intid)
{
	if (intid == TIMER_INTID) {
		ticks++;
		timer_fire_at(timer_count() + timer_ns_to_ticks(PAUSE_NS));
		return;
	}
	rung++;
	printk("Interrupt %u, ring %ld\n", intid, rung);
	for (uint32_t peer = 0; peer < peers; peer++)
		print_peer(peer);
}

void inmate_main(void)
{
	static const char greeting[] = "hello from peer ";
	uintptr_t capability, shared;
	uint64_t state_size, rw_size;
	int64_t count, peer;
	unsigned int intid;
	char *own;

	if (!find_device()) {
		printk("There is no ivshmem device of protocol 0\n");
		return;
	}
	capability = vendor_capability();
	if (!capability) {
		printk("The ivshmem device has no vendor capability\n");
		return;
	}
	registers = comm_region->pci_mmconfig_base + ECAM_SIZE;
	mmio_write32(device + PCI_BAR0, registers);
	mmio_write16(device + PCI_COMMAND, COMMAND_MEMORY);

	id = mmio_read32(registers + REG_ID);
	peers = mmio_read32(registers + REG_MAX_PEERS);
	state_size = mmio_read32(capability + CAP_STATE_TABLE_SIZE);
	rw_size = config_read64(capability + CAP_RW_SIZE);
	output_size = config_read64(capability + CAP_OUTPUT_SIZE);
	shared = config_read64(capability + CAP_ADDRESS);
	printk("Peer %u of %u, %lu KiB shared and %lu KiB of output at 0x%lx\n", id, peers, rw_size >> 10,
	       output_size >> 10, shared);
	if (peers > PEERS_MOST || !map_range(shared, state_size + rw_size + peers * output_size, MEMORY_CACHED))
		return;
	state_table = (volatile uint32_t *)shared;
	outputs = (char *)shared + state_size + rw_size;
	own = outputs + id * output_size;
	memcpy(own, greeting, sizeof(greeting) - 1);
	own[sizeof(greeting) - 1] = '0' + id;
	own[sizeof(greeting)] = 0;

	intid = FIRST_SPI + comm_region->vpci_irq_base + mmio_read8(device + PCI_INTERRUPT_PIN) - 1;
	gic_init(on_interrupt);
	gic_enable(intid);
	gic_enable(TIMER_INTID);
	mmio_write32(registers + REG_INT_CTRL, 1);
	mmio_write32(registers + REG_STATE, id + 1);

	peer = parameter_integer("peer", (id + 1) % peers);
	count = parameter_integer("count", 0);
	timer_fire_at(timer_count() + timer_ns_to_ticks(PAUSE_NS));
	for (int64_t sent = 0; !count || sent < count; sent++) {
		wait_until(ticks > sent);
		printk("Ringing peer %ld\n", peer);
		mmio_write32(registers + REG_DOORBELL, (uint32_t)peer << 16);
	}
	printk("Ivshmem done\n");
	/* Still rung, until the cell is shut down. */
	for (;;)
		wait_until(false);
}
