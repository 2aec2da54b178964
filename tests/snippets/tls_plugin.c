/*
 * A plugin linked with libssl, like Python's _ssl: one exchange with SSL_write and one with SSL_write_ex.
 *
 * cc: -O1 -shared -fPIC -lssl -lcrypto
 */
#include "peer_tls.h"

static bool once(struct tls_pair p, bool ex, const char *tag)
{
	char sent[2048], got[2048], heard[2048];
	size_t len = ask_for(sent, sizeof(sent), tag, 0), n = 0, have = 0, some;

	if (ex ? SSL_write_ex(p.near, sent, len, &some) != 1 || some != len : SSL_write(p.near, sent, (int)len) != (int)len)
		return false;
	while (!request_len(got, n))
		n += far_tls_sip(p.far, got + n, sizeof(got) - n);
	if (!same_but_for_lines(got, n, sent, len) || !far_tls_answer(p.far))
		return false;
	while (have < strlen(chat_answer())) {
		if (ex ? SSL_read_ex(p.near, heard + have, sizeof(heard) - have, &some) != 1 :
			 (some = (size_t)SSL_read(p.near, heard + have, (int)(sizeof(heard) - have))) > sizeof(heard))
			return false;
		have += some;
	}
	return memcmp(heard, chat_answer(), have) == 0;
}

int plugin_run(const char *where);

int plugin_run(const char *tag)
{
	struct tls_pair p = tls_pair_up(0, 20000);
	char name[64];
	bool good;

	snprintf(name, sizeof(name), "%s-plain", tag);
	good = once(p, false, name);
	snprintf(name, sizeof(name), "%s-ex", tag);
	good = once(p, true, name) && good;
	SSL_shutdown(p.near);
	SSL_free(p.near);
	SSL_free(p.far);
	say_lines();
	return good;
}
