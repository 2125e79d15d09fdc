/* The communication region: one page between hypervisor and cell. ABI revision 2, layout for Arm. */
#pragma once
#include <stdint.h>

#define COMM_REGION_BASE 0x80000000UL
#define COMM_REGION_SIZE 0x1000UL
#define COMM_REGION_SIGNATURE "JHCOMM"
#define COMM_REGION_REVISION 2

enum cell_state {
	CELL_RUNNING,
	CELL_RUNNING_LOCKED,
	CELL_SHUT_DOWN,
	CELL_FAILED,
	CELL_FAILED_COMM_REVISION,
};

enum message { MESSAGE_NONE, MESSAGE_SHUTDOWN_REQUEST, MESSAGE_RECONFIG_COMPLETED };

enum reply { REPLY_NONE, REPLY_UNKNOWN, REPLY_REQUEST_DENIED, REPLY_REQUEST_APPROVED, REPLY_RECEIVED };

/* comm_region.flags */
#define COMM_VIRTUAL_CONSOLE_PERMITTED 0x1
#define COMM_VIRTUAL_CONSOLE_ACTIVE 0x2

enum console_type {
	CONSOLE_NONE,
	CONSOLE_EFIFB,
	CONSOLE_8250,
	CONSOLE_PL011,
	CONSOLE_XUARTPS,
	CONSOLE_MVEBU,
	CONSOLE_HSCIF,
	CONSOLE_SCIFA,
	CONSOLE_IMX,
	CONSOLE_IMX_LPUART,
	CONSOLE_SCIF,
};

/* console_description.flags */
#define CONSOLE_MMIO 0x0001
#define CONSOLE_REGISTER_DISTANCE_4 0x0002
#define CONSOLE_INVERTED_GATE 0x1000
#define CONSOLE_MDR_QUIRK 0x2000

struct console_description {
	uint64_t address;
	uint32_t size;
	uint16_t type;
	uint16_t flags;
	uint32_t divider; /* 0: leave the UART as it is set up */
	uint32_t gate_number;
	uint64_t clock_register; /* 0: none */
};

struct comm_region {
	char signature[6];
	uint16_t revision;
	uint32_t cell_state;
	uint32_t message_to_cell;
	uint32_t reply_from_cell;
	uint32_t flags;
	struct console_description console;
	uint64_t pci_mmconfig_base;
	uint8_t gic_version;
	uint8_t padding[7];
	uint64_t gicd_base;
	uint64_t gicc_base;
	uint64_t gicr_base;
	uint32_t vpci_irq_base;
};

_Static_assert(__builtin_offsetof(struct comm_region, vpci_irq_base) == 96, "layout of the communication region");

#define comm_region ((volatile struct comm_region *)COMM_REGION_BASE)

/*
 * True if the page carries the signature and the revision that this runtime was written for. Else writes
 * CELL_FAILED_COMM_REVISION into it.
 */
_Bool comm_region_valid(void);

/* The message that waits for an answer, or MESSAGE_NONE. */
enum message comm_message(void);

/* Answers the waiting message: takes it from the page, then replies. */
void comm_reply(enum reply reply);
