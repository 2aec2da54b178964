#include "shim/socks.h"

#include <stdint.h>
#include <string.h>

enum { V4 = 4, V5 = 5, LOGIN = 1 };

/* Version 4: command, port, address, user name; 4a: also the server's name. */
static bool is_v4(const uint8_t *p, size_t len)
{
	static const uint8_t has_name[3] = { 0 };
	const uint8_t *end = len > 8 ? memchr(p + 8, 0, len - 8) : NULL;

	if (!end || (p[1] != 1 && p[1] != 2))
		return false;
	if (memcmp(p + 4, has_name, 3) == 0 && p[7])
		end = memchr(end + 1, 0, (size_t)(p + len - end - 1));
	return end == p + len - 1;
}

static bool is_methods(const uint8_t *p, size_t len)
{
	return p[1] > 0 && len == 2 + (size_t)p[1];
}

/* Command, a zero, the type of the address, the address, the port. */
static bool is_v5_request(const uint8_t *p, size_t len)
{
	if (len < 7 || p[2] != 0)
		return false;
	return len == (p[3] == 1 ? 10U : p[3] == 4 ? 22U : p[3] == 3 ? 7U + p[4] : 0);
}

static bool is_login(const uint8_t *p, size_t len)
{
	size_t password = 2 + (size_t)p[1];

	return p[1] > 0 && password < len && len == password + 1 + p[password];
}

bool gt_socks_is_request(const char *text, size_t len)
{
	const uint8_t *p = (const uint8_t *)text;

	if (len < 3)
		return false;
	switch (p[0]) {
	case V4:
		return is_v4(p, len);
	case V5:
		return is_methods(p, len) || is_v5_request(p, len);
	case LOGIN:
		return is_login(p, len);
	default:
		return false;
	}
}
