/*
 * Shows: the message protocol of an active communication region. The cell locks itself (while it is RUNNING_LOCKED no
 * cell can be created and no other one destroyed), refuses the first request to shut down and grants the second.
 * Needs a cell without the PASSIVE_COMMREG flag and a writable comm region.
 * Parameters: refuse=N how many requests to refuse (1), locked=BOOL (true), poll-ms=N how often to look (1).
 */
#include "inmate.h"

void inmate_main(void)
{
	int64_t refusals_left = parameter_integer("refuse", 1);
	int64_t poll_ms = parameter_integer("poll-ms", 1);

	if (parameter_boolean("locked", true)) {
		comm_region->cell_state = CELL_RUNNING_LOCKED;
		printk("Locked: cells cannot be created or destroyed now\n");
	}

	for (;; sleep_ms(poll_ms)) {
		switch (comm_message()) {
		case MESSAGE_NONE:
			break;
		case MESSAGE_SHUTDOWN_REQUEST:
			if (refusals_left > 0) {
				refusals_left--;
				printk("Shutdown refused, ask again\n");
				comm_reply(REPLY_REQUEST_DENIED);
				break;
			}
			printk("Shutdown granted\n");
			/* The state first: it stands even if the reply is never read. */
			comm_region->cell_state = CELL_SHUT_DOWN;
			comm_reply(REPLY_REQUEST_APPROVED);
			return;
		case MESSAGE_RECONFIG_COMPLETED:
			printk("Cells were created or destroyed\n");
			comm_reply(REPLY_RECEIVED);
			break;
		default:
			printk("Unknown message %u\n", comm_message());
			comm_reply(REPLY_UNKNOWN);
		}
	}
}
