/*
 * Shows: the command-line buffer at 0x1000, which `jailhouse cell load CELL IMAGE -s "TEXT" -a 0x1000` fills. Prints what
 * it finds, then writes to it: how often the cell was started since the image was loaded.
 * Parameters: text=TEXT, number=N, flag=BOOL are printed as the runtime understands them.
 */
#include "inmate.h"

/* The last bytes of the buffer keep the count; what is loaded ends before them unless it fills the buffer. */
#define COUNT_PREFIX "starts="
#define COUNT_DIGITS 5
#define COUNT_OFFSET (COMMAND_LINE_SIZE - sizeof(COUNT_PREFIX) - COUNT_DIGITS)

static void print_tokens(void)
{
	char token[COMMAND_LINE_SIZE];
	unsigned int count = 0;
	size_t at = 0;

	while (at < COMMAND_LINE_SIZE && command_line[at]) {
		size_t length = 0;

		while (at < COMMAND_LINE_SIZE - 1 && command_line[at] && command_line[at] != ' ')
			token[length++] = command_line[at++];
		token[length] = '\0';
		if (length)
			printk(" %u: %s\n", ++count, token);
		if (command_line[at] == ' ' || at == COMMAND_LINE_SIZE - 1)
			at++;
	}
	printk("%u parameters\n", count);
}

/* Counts this start in the buffer and returns the number; 0 if the text leaves no room. */
static unsigned int count_start(void)
{
	char *prefix = command_line + COUNT_OFFSET;
	char *digits = prefix + strlen(COUNT_PREFIX);
	unsigned int starts = 0;

	if (command_line[COUNT_OFFSET - 1])
		return 0;
	if (memcmp(prefix, COUNT_PREFIX, strlen(COUNT_PREFIX)) == 0)
		for (unsigned int n = 0; n < COUNT_DIGITS; n++)
			starts = starts * 10 + digits[n] - '0';
	starts++;

	memcpy(prefix, COUNT_PREFIX, strlen(COUNT_PREFIX));
	for (unsigned int n = COUNT_DIGITS, rest = starts; n--; rest /= 10)
		digits[n] = '0' + rest % 10;
	digits[COUNT_DIGITS] = '\0';
	return starts;
}

void inmate_main(void)
{
	char buffer[COMMAND_LINE_SIZE];
	unsigned int starts = count_start();

	printk("Command line at %p, %u bytes\n", (void *)command_line, COMMAND_LINE_SIZE);
	print_tokens();
	printk("text:   %s\n", parameter_string("text", buffer, sizeof(buffer), "(not given)"));
	printk("number: %ld\n", parameter_integer("number", -1));
	printk("flag:   %s\n", parameter_boolean("flag", false) ? "true" : "false");
	if (starts)
		printk("Start %u since the image was loaded, written as %s\n", starts, command_line + COUNT_OFFSET);
	else
		printk("The command line leaves no room for the count of starts\n");
}
