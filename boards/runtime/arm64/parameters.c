/* Parameters from the command-line buffer (see parameters.h). */
#include "parameters.h"
#include "image.h"
#include "memory.h"

/* What stands behind `name`: `=value`, or nothing. NULL when no token has this name. */
static const char *find_parameter(const char *name, size_t *length)
{
	size_t name_length = strlen(name);
	size_t at = 0;

	while (at < COMMAND_LINE_SIZE && command_line[at]) {
		size_t start = at;

		while (at < COMMAND_LINE_SIZE && command_line[at] && command_line[at] != ' ')
			at++;
		if (at - start >= name_length && strncmp(command_line + start, name, name_length) == 0) {
			const char *rest = command_line + start + name_length;

			*length = at - start - name_length;
			if (*length == 0 || *rest == '=')
				return rest;
		}
		while (at < COMMAND_LINE_SIZE && command_line[at] == ' ')
			at++;
	}
	return NULL;
}

const char *parameter_string(const char *name, char *buffer, size_t size, const char *fallback)
{
	size_t length;
	const char *rest = find_parameter(name, &length);

	if (!rest)
		return fallback;
	if (length) {
		rest++;
		length--;
	}
	if (length > size - 1)
		length = size - 1;
	memcpy(buffer, rest, length);
	buffer[length] = '\0';
	return buffer;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

int64_t parameter_integer(const char *name, int64_t fallback)
{
	char buffer[24];
	const char *text = parameter_string(name, buffer, sizeof(buffer), NULL);
	uint64_t value = 0;
	bool negative;
	int base = 10;

	if (!text)
		return fallback;
	negative = *text == '-';
	if (*text == '-' || *text == '+')
		text++;
	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	}
	if (!*text)
		return fallback;
	for (; *text; text++) {
		int digit = digit_value(*text);

		if (digit >= base)
			return fallback;
		value = value * base + digit;
	}
	return negative ? -(int64_t)value : (int64_t)value;
}

bool parameter_boolean(const char *name, bool fallback)
{
	char buffer[8];
	const char *text = parameter_string(name, buffer, sizeof(buffer), NULL);

	if (!text)
		return fallback;
	if (!*text || strcmp(text, "1") == 0 || strncasecmp(text, "true", 4) == 0)
		return true;
	if (strcmp(text, "0") == 0 || strncasecmp(text, "false", 5) == 0)
		return false;
	return fallback;
}
