/*
 * Two plugins, each with its own copy of a fake libssl. Their exchanges are interleaved call by call.
 *
 *	two_libraries PLUGIN1 PLUGIN2 [GLOBAL]		GLOBAL: a library to open with RTLD_GLOBAL first
 *
 * cc: -O1 -ldl
 */
#include <dlfcn.h>

#include "peer.h"

struct plugin {
	void *(*open)(const char *);
	ssize_t (*write)(void *, bool, const char *, size_t);
	ssize_t (*read)(void *, bool, char *, size_t);
	const char *(*wire)(void *, size_t *);
	void (*again)(void *);
	void (*close)(void *);
};

struct talk {
	struct plugin *plugin;
	void *s;
	bool ex;
	char tag[32], sent[1024], heard[1024];
	size_t len, done, have;
};

static void load(struct plugin *p, const char *path)
{
	void *lib = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (!lib) {
		fprintf(stderr, "%s\n", dlerror());
		exit(3);
	}
	*(void **)&p->open = dlsym(lib, "plugin_open");
	*(void **)&p->write = dlsym(lib, "plugin_write");
	*(void **)&p->read = dlsym(lib, "plugin_read");
	*(void **)&p->wire = dlsym(lib, "plugin_wire");
	*(void **)&p->again = dlsym(lib, "plugin_again");
	*(void **)&p->close = dlsym(lib, "plugin_close");
}

/* Makes one call of a talk; false when the talk is over. */
static bool step(struct talk *t)
{
	ssize_t n;

	if (t->done < t->len) {
		n = t->plugin->write(t->s, t->ex, t->sent + t->done, t->len - t->done);
		if (n <= 0)
			return false;
		t->done += (size_t)n;
		return true;
	}
	if (t->have < strlen(chat_answer())) {
		n = t->plugin->read(t->s, t->ex, t->heard + t->have, sizeof(t->heard) - t->have);
		if (n <= 0)
			return false;
		t->have += (size_t)n;
		return true;
	}
	return false;
}

int main(int argc, char *argv[])
{
	struct plugin plugins[2] = { { 0 } };
	struct talk talks[4] = { { 0 } };

	if (argc > 3)
		MUST(dlopen(argv[3], RTLD_NOW | RTLD_GLOBAL));
	load(&plugins[0], argv[1]);
	load(&plugins[1], argv[2]);
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 4; i++) {
			struct talk *t = &talks[i];

			t->plugin = &plugins[i % 2];
			if (round == 0)
				t->s = t->plugin->open(chat_answer());
			else
				t->plugin->again(t->s);
			t->ex = i >= 2;
			snprintf(t->tag, sizeof(t->tag), "library-%d%s-%d", i % 2 + 1, t->ex ? "-ex" : "", round);
			t->len = ask_for(t->sent, sizeof(t->sent), t->tag, 0);
			t->done = t->have = 0;
		}
		for (bool more = true; more;) {
			more = false;
			for (int i = 0; i < 4; i++)
				more |= step(&talks[i]);
		}
		for (int i = 0; i < 4; i++) {
			struct talk *t = &talks[i];
			size_t n;
			const char *wire = t->plugin->wire(t->s, &n);
			char got[4096];

			memcpy(got, wire, n);
			printf("%s: arrived %s, heard %s\n", t->tag,
			       same_but_for_lines(got, n, t->sent, t->len) ? "same" : "changed",
			       !strcmp(t->heard, chat_answer()) ? "all" : "something else");
		}
	}
	for (int i = 0; i < 4; i++)
		talks[i].plugin->close(talks[i].s);
	say_lines();
	return 0;
}
