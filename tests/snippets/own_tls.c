/*
 * Calls OpenSSL through pointers that dlsym gave, as .NET and ctypes do, over a connection to itself. Each round opens the
 * library, makes an exchange with SSL_write and one with SSL_write_ex on one session, and closes the library.
 *
 *	own_tls LIBRARY ROUNDS
 *
 * As a plugin (-DPLUGIN -shared) it makes one round with the library that the variable OWN_TLS names. With -DLINKED that
 * is the library that it needs. With -DINSIDE the library is compiled in, and nothing is opened.
 *
 * cc: -O1 -fPIC -ldl
 */
#include <dlfcn.h>

#include "peer.h"

enum { SET_DH_AUTO = 118, SET_MAX_VERSION = 124, SET_HOST_NAME = 55, TLS_1_2 = 0x303 };

/* In the order of the pointers below. */
#define EACH(f)                     \
	f(TLS_client_method);       \
	f(TLS_server_method);       \
	f(SSL_CTX_new);             \
	f(SSL_CTX_free);            \
	f(SSL_CTX_ctrl);            \
	f(SSL_CTX_set_cipher_list); \
	f(SSL_new);                 \
	f(SSL_free);                \
	f(SSL_ctrl);                \
	f(SSL_set_fd);              \
	f(SSL_connect);             \
	f(SSL_accept);              \
	f(SSL_write);               \
	f(SSL_read);                \
	f(SSL_write_ex);            \
	f(SSL_read_ex);             \
	f(SSL_shutdown)

static struct {
	const void *(*client_method)(void), *(*server_method)(void);
	void *(*context)(const void *);
	void (*free_context)(void *);
	long (*context_ctrl)(void *, int, long, void *);
	int (*ciphers)(void *, const char *);
	void *(*session)(void *);
	void (*free)(void *);
	long (*ctrl)(void *, int, long, void *);
	int (*set_fd)(void *, int), (*connect)(void *), (*accept)(void *);
	int (*write)(void *, const void *, int), (*read)(void *, void *, int);
	int (*write_ex)(void *, const void *, size_t, size_t *), (*read_ex)(void *, void *, size_t, size_t *);
	int (*shutdown)(void *);
} tls;

#ifdef INSIDE
#define DECLARE(name) extern void name(void)
#define FIND(name)    (*at++ = (void *)name)
EACH(DECLARE);
#else
#define FIND(name) MUST((*at++ = dlsym(lib, #name)))
#endif

static void find_all(void *lib)
{
	void **at = (void **)&tls;

	(void)lib;
	EACH(FIND);
}

/* Anonymous ciphers need no certificates. */
static void *context(const void *method)
{
	void *c = tls.context(method);

	MUST(c && tls.ciphers(c, "ADH-AES128-GCM-SHA256:@SECLEVEL=0"));
	tls.context_ctrl(c, SET_MAX_VERSION, TLS_1_2, NULL);
	tls.context_ctrl(c, SET_DH_AUTO, 1, NULL);
	return c;
}

static int listener;

static void *far_end(void *arg)
{
	void *c = context(tls.server_method()), *s = tls.session(c);
	int fd = far_accept(listener), *whole = arg, lines;
	char got[4096];

	tls.set_fd(s, fd);
	MUST(tls.accept(s) == 1);
	for (int i = 0; i < 2; i++) {
		size_t n = 0;

		while (!request_len(got, n)) {
			int some = tls.read(s, got + n, (int)(sizeof(got) - n));

			MUST(some > 0);
			n += (size_t)some;
		}
		lines = take_lines(got, &n);
		MUST(lines == 0 || lines == 1);
		lines_seen += lines;
		*whole += request_len(got, n) == n;
		MUST(tls.write(s, chat_answer(), (int)strlen(chat_answer())) == (int)strlen(chat_answer()));
	}
	tls.shutdown(s);
	tls.free(s);
	tls.free_context(c);
	far_close(fd);
	return NULL;
}

static bool once(void *s, bool ex, const char *tag)
{
	char sent[2048], heard[2048];
	size_t len = ask_for(sent, sizeof(sent), tag, 0), have = 0, some = 0;

	if (ex ? tls.write_ex(s, sent, len, &some) != 1 || some != len : tls.write(s, sent, (int)len) != (int)len)
		return false;
	while (have < strlen(chat_answer())) {
		int ret = ex ? tls.read_ex(s, heard + have, sizeof(heard) - have, &some) :
			       tls.read(s, heard + have, (int)(sizeof(heard) - have));

		if (ret <= 0)
			return false;
		have += ex ? some : (size_t)ret;
	}
	return memcmp(heard, chat_answer(), have) == 0;
}

static bool one_round(const char *tag)
{
	void *c = context(tls.client_method()), *s = tls.session(c);
	int port, whole = 0;
	char name[64];
	pthread_t t;
	bool good;

	listener = far_listen(0, &port);
	pthread_create(&t, NULL, far_end, &whole);
	tls.ctrl(s, SET_HOST_NAME, 0, "localhost");
	int fd = dial(port, 0);
	tls.set_fd(s, fd);
	MUST(tls.connect(s) == 1);
	snprintf(name, sizeof(name), "%s-plain", tag);
	good = once(s, false, name);
	snprintf(name, sizeof(name), "%s-ex", tag);
	good = once(s, true, name) && good;
	pthread_join(t, NULL);
	tls.shutdown(s);
	tls.free(s);
	tls.free_context(c);
	close(fd);
	far_close(listener);
	return good && whole == 2;
}

#ifdef LINKED
extern int SSL_write(void *, const void *, int);
#endif

#ifdef PLUGIN
int plugin_run(const char *tag);

int plugin_run(const char *tag)
{
#ifdef LINKED
	/* where the loader has bound a call of this object */
	static int (*volatile bound)(void *, const void *, int) = SSL_write;
	Dl_info info;

	MUST(dladdr((void *)bound, &info));
	find_all(dlopen(info.dli_fname, RTLD_NOW | RTLD_NOLOAD));
#else
	void *lib = dlopen(getenv("OWN_TLS"), RTLD_NOW | RTLD_LOCAL);

	MUST(lib);
	find_all(lib);
#endif
	return one_round(tag);
}
#endif

#ifdef INSIDE
int main(int argc, char *argv[])
{
	MUST(argc == 3);
	find_all(NULL);
	for (int i = 0; i < atoi(argv[2]); i++) {
		char tag[32];

		snprintf(tag, sizeof(tag), "round-%d", i);
		printf("%s: %s\n", tag, one_round(tag) ? "whole" : "broken");
	}
	say_lines();
	return 0;
}
#elif !defined(PLUGIN)
int main(int argc, char *argv[])
{
	MUST(argc == 3);
	for (int i = 0; i < atoi(argv[2]); i++) {
		void *lib = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL), *again;
		char tag[32];

		if (!lib) {
			printf("%s\n", dlerror());
			return 3;
		}
		find_all(lib);
		snprintf(tag, sizeof(tag), "round-%d", i);
		printf("%s: %s\n", tag, one_round(tag) ? "whole" : "broken");
		dlclose(lib);
		again = dlopen(argv[1], RTLD_NOW | RTLD_NOLOAD);
		printf("%s\n", again ? "it remains loaded" : "it is unloaded");
		if (again)
			dlclose(again);
	}
	say_lines();
	fflush(NULL);
	_exit(0); /* OpenSSL's own handler of exit may be unloaded */
}
#endif
