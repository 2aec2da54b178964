/*
 * Many threads at once, and a descriptor that is closed while another thread reads from it.
 *
 *	threads many THREADS REQUESTS	each thread has its own connection;
 *	threads close ROUNDS		one thread waits for an answer, another closes the descriptor, and the
 *					number is given out again; then the old answer arrives.
 *
 * cc: -O1
 */
#include "peer.h"

static int port, requests;
static _Atomic int whole;

static void *ask_often(void *name)
{
	char sent[1024];
	size_t len = ask_for(sent, sizeof(sent), name, 0);
	int fd = dial(port, 0);

	for (int i = 0; i < requests; i++)
		whole += say(fd, sent, len) && hear(fd);
	close(fd);
	return NULL;
}

static void many(int n)
{
	pthread_t threads[64];
	char names[64][32];

	port = far_start(true);
	for (int i = 0; i < n; i++) {
		snprintf(names[i], sizeof(names[i]), "thread-%d", i);
		MUST(pthread_create(&threads[i], NULL, ask_often, names[i]) == 0);
	}
	for (int i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	printf("%d of %d were whole\n", (int)whole, n * requests);
}

/* ---------------------------------------------------------------- */

static const char old_body[] = "{\"id\":\"x\",\"object\":\"chat.completion\",\"model\":\"old\",\"choices\":[],\"usage\":"
			       "{\"prompt_tokens\":777,\"completion_tokens\":777,\"total_tokens\":1554}}";

struct reader {
	int fd;
	_Atomic pid_t tid;
	ssize_t n;
	char got[1024];
};

static void *read_once(void *arg)
{
	struct reader *r = arg;

	r->tid = (pid_t)syscall(SYS_gettid);
	r->n = recv(r->fd, r->got, sizeof(r->got), 0);
	return NULL;
}

/* Waits until the thread sleeps, which it does only inside its call. */
static void wait_for_sleep(const struct reader *r)
{
	char path[64], line[256];

	for (char state = 0; state != 'S'; nap_ms(1)) {
		const char *end;
		FILE *f;

		if (!r->tid)
			continue;
		snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)r->tid);
		f = fopen(path, "re");
		MUST(f && fgets(line, sizeof(line), f));
		end = strrchr(line, ')');
		MUST(end);
		state = end[2];
		fclose(f);
	}
}

static bool ask_on(struct pair p, const char *tag)
{
	char sent[1024], got[2048];
	size_t len = ask_for(sent, sizeof(sent), tag, 0), n;

	if (!say(p.near, sent, len))
		return false;
	n = far_request(p.far, got, sizeof(got));
	return same_but_for_lines(got, n, sent, len);
}

/* True when both connections got their own answers. */
static bool closed_by_another(int listener)
{
	struct reader reader;
	struct pair old, new;
	char answer[512];
	pthread_t thread;
	bool good;

	snprintf(answer, sizeof(answer), "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
		 sizeof(old_body) - 1, old_body);
	old.near = dial(port, 0);
	old.far = far_accept(listener);
	good = ask_on(old, "old");
	reader = (struct reader){ .fd = old.near };
	MUST(pthread_create(&thread, NULL, read_once, &reader) == 0);
	wait_for_sleep(&reader);
	close(old.near);
	new.near = dial(port, 0);
	MUST(new.near == old.near);
	new.far = far_accept(listener);
	good = ask_on(new, "new") && good;
	far_say(old.far, answer);
	pthread_join(thread, NULL);
	good = good && reader.n == (ssize_t)strlen(answer) && !memcmp(reader.got, answer, (size_t)reader.n);
	far_say(new.far, chat_answer());
	good = hear(new.near) && good;
	close(new.near);
	far_close(new.far);
	far_close(old.far);
	return good;
}

int main(int argc, char *argv[])
{
	int n = argc > 2 ? atoi(argv[2]) : 16, good = 0, listener;

	requests = argc > 3 ? atoi(argv[3]) : 1000;
	if (!strcmp(argv[1], "many")) {
		many(n);
	} else {
		listener = far_listen(0, &port);
		for (int i = 0; i < n; i++)
			good += closed_by_another(listener);
		printf("%d of %d went right\n", good, n);
	}
	say_lines();
	return 0;
}
