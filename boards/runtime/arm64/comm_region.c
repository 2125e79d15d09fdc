/* The cell's side of the communication region (see comm_region.h). */
#include "comm_region.h"
#include "cpu.h"

bool comm_region_valid(void)
{
	const char *expected = COMM_REGION_SIGNATURE;
	bool valid = comm_region->revision == COMM_REGION_REVISION;

	for (unsigned int n = 0; n < sizeof(comm_region->signature); n++)
		valid &= comm_region->signature[n] == expected[n];
	if (!valid)
		comm_region->cell_state = CELL_FAILED_COMM_REVISION;
	return valid;
}

enum message comm_message(void)
{
	return comm_region->message_to_cell;
}

void comm_reply(enum reply reply)
{
	comm_region->message_to_cell = MESSAGE_NONE;
	dmb();
	comm_region->reply_from_cell = reply;
}
