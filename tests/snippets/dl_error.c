/*
 * A message of the loader waits for dlerror() while the program makes a call for the first time.
 *
 * cc: -O1 -ldl -lssl -lcrypto -lcurl
 */
#include <curl/curl.h>
#include <dlfcn.h>
#include <openssl/ssl.h>
#include <sched.h>
#include <sys/sendfile.h>

#include "peer.h"

static const char *step;

static void fail_to_open(const char *what)
{
	step = what;
	MUST(!dlopen("/nowhere/at-all.so", RTLD_NOW));
}

static void show(void)
{
	const char *message = dlerror();

	printf("%s: %s\n", step, message ? message : "no message");
}

#define AROUND(call)                 \
	do {                         \
		fail_to_open(#call); \
		(void)!(call);       \
		show();              \
	} while (0)

static int child(void *unused)
{
	(void)unused;
	return 0;
}

static char stack[65536] __attribute__((aligned(16)));

static void vfork_once(void)
{
	pid_t pid = vfork();

	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
}

static ssize_t chk(char *to, size_t n)
{
	return read(-1, to, n); /* of a known size, so with -D_FORTIFY_SOURCE it is __read_chk */
}

int main(int argc, char *argv[])
{
	char bytes[8] = { 0 };
	struct iovec iov = { bytes, sizeof(bytes) };

	(void)argv;
	setvbuf(stdout, NULL, _IOFBF, 1 << 16);
	AROUND(syscall(SYS_gettid));
	AROUND(prctl(PR_GET_DUMPABLE));
	fail_to_open("vfork");
	vfork_once();
	show();
	fail_to_open("clone");
	waitpid(clone(child, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, NULL), NULL, 0);
	show();
	AROUND(fcntl64(1, F_GETFL));
	AROUND(fcntl(1, F_GETFL));
	AROUND(preadv2(-1, &iov, 1, 0, 0));
	AROUND(preadv64v2(-1, &iov, 1, 0, 0));
	AROUND(pwritev2(-1, &iov, 1, 0, 0));
	AROUND(pwritev64v2(-1, &iov, 1, 0, 0));
	AROUND(sendfile64(-1, -1, NULL, 1));
	AROUND(sendfile(-1, -1, NULL, 1));
	AROUND(pthread_kill(pthread_self(), 0));
	AROUND(chk(bytes, (size_t)argc));
	AROUND(recv(-1, bytes, (size_t)argc, 0));
	AROUND(socket(-1, 0, 0));
	AROUND(close(-1));
	AROUND(dup2(-1, 5));
	AROUND(write(-1, bytes, 1));
	AROUND(execve("/nowhere/a", argv, NULL));
	AROUND(kill(getpid(), 0));
	AROUND(raise(0));
	AROUND(unshare(0));
	AROUND(SSL_new(NULL));
	AROUND((SSL_free(NULL), 0));
	AROUND(curl_easy_setopt(NULL, CURLOPT_URL, ""));
	AROUND((curl_easy_cleanup(NULL), 0));
	return 0;
}
