/*
 * The cost of a call that gentap ignores.
 *
 *	calls write|send|message|exec|SSL_read COUNT [OBJECT N]
 *
 * Prints nanoseconds per call: the minimum of ten rounds, because other load can only add to it.
 *	write: to /dev/null.
 *	send: to a descriptor that is not a socket, which the kernel rejects at once.
 *	message: sent and received on a WebSocket of a service that is not a model's. The descriptor is another file's by
 *	then, which gentap does not know, so that the kernel rejects both calls at once.
 *	exec: of a program that does not exist.
 *	SSL_read: from an established session without data, whose first bytes were not HTTP. With OBJECT, in turn from N
 *	copies of that shared library (bench/caller.c).
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int fd;
static SSL *session;

static void do_write(void)
{
	(void)!write(fd, "x", 1);
}

static void do_send(void)
{
	(void)!send(fd, "x", 1, 0);
}

static void do_message(void)
{
	static const char frame[] = "\x81\x8a\1\2\3\4ignmnigmnn";
	char buf[64];

	(void)!send(fd, frame, sizeof(frame) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	(void)!recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
}

/* The number of a client's end of a connection whose server has agreed to a WebSocket. */
static int open_websocket(void)
{
	static const char request[] = "GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
	static const char answer[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listener = socket(AF_INET, SOCK_STREAM, 0), near = socket(AF_INET, SOCK_STREAM, 0), far;
	socklen_t len = sizeof(at);
	char buf[512];

	if (bind(listener, (struct sockaddr *)&at, len) || listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&at, &len) || connect(near, (struct sockaddr *)&at, len) ||
	    (far = accept(listener, NULL, NULL)) < 0 || send(near, request, sizeof(request) - 1, 0) < 0 ||
	    recv(far, buf, sizeof(buf), 0) < 0 || send(far, answer, sizeof(answer) - 1, 0) < 0 ||
	    recv(near, buf, sizeof(buf), 0) < 0)
		exit(3);
	for (int i = 0; i < 3; i++)
		if (send(near, "\x81\x85\1\2\3\4ignmn", 11, 0) < 0 || send(far, "\x81\1x", 3, 0) < 0 ||
		    recv(near, buf, sizeof(buf), 0) < 0)
			exit(3);
	if (syscall(SYS_dup3, open("/dev/null", O_WRONLY), near, 0) < 0)
		exit(3);
	return near;
}

static void do_exec(void)
{
	char *argv[] = { "nothing", NULL }, *env[] = { NULL };

	execve("/nothing", argv, env);
}

static void do_ssl_read(void)
{
	char buf[16];

	SSL_read(session, buf, sizeof(buf));
}

#define CALLERS_MAX 4096

static int (*callers[CALLERS_MAX])(SSL *session, char *buf, int len);
static int n_callers, next_caller;

static void do_ssl_read_in_turn(void)
{
	char buf[16];

	callers[next_caller](session, buf, sizeof(buf));
	next_caller = next_caller + 1 == n_callers ? 0 : next_caller + 1;
}

/* Each copy is a file of its own, so that the loader takes it for another library. */
static void load_callers(const char *object, int n)
{
	char folder[] = "/tmp/gentap-bench-XXXXXX", path[64];
	static char bytes[1 << 18];
	FILE *in = fopen(object, "r"), *out;
	size_t len;

	if (!in || !mkdtemp(folder) || n > CALLERS_MAX)
		exit(3);
	len = fread(bytes, 1, sizeof(bytes), in);
	fclose(in);
	for (; n_callers < n; n_callers++) {
		void *lib;

		snprintf(path, sizeof(path), "%s/%d.so", folder, n_callers);
		out = fopen(path, "w");
		if (!out || fwrite(bytes, 1, len, out) != len || fclose(out) || !(lib = dlopen(path, RTLD_NOW | RTLD_LOCAL)))
			exit(3);
		*(void **)&callers[n_callers] = dlsym(lib, "caller_read");
	}
	/* not before: another file might get the same number, and the loader would take it for the same library */
	while (n--) {
		snprintf(path, sizeof(path), "%s/%d.so", folder, n);
		unlink(path);
	}
	rmdir(folder);
}

/* Two ends of a TLS session in memory, with a new certificate. */
static void make_session(void)
{
	SSL_CTX *server_ctx = SSL_CTX_new(TLS_server_method()), *client_ctx = SSL_CTX_new(TLS_client_method());
	EVP_PKEY *key = EVP_RSA_gen(2048);
	X509 *cert = X509_new();
	BIO *up = BIO_new(BIO_s_mem()), *down = BIO_new(BIO_s_mem());
	SSL *server;
	char buf[16];

	X509_gmtime_adj(X509_getm_notBefore(cert), 0);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_set_pubkey(cert, key);
	X509_sign(cert, key, EVP_sha256());
	SSL_CTX_use_certificate(server_ctx, cert);
	SSL_CTX_use_PrivateKey(server_ctx, key);
	server = SSL_new(server_ctx);
	session = SSL_new(client_ctx);
	BIO_up_ref(up);
	BIO_up_ref(down);
	SSL_set_bio(server, up, down);
	SSL_set_bio(session, down, up);
	SSL_set_accept_state(server);
	SSL_set_connect_state(session);
	while (SSL_do_handshake(session) != 1)
		SSL_do_handshake(server);
	SSL_do_handshake(server);
	SSL_write(server, "220 hello", 9);
	SSL_read(session, buf, sizeof(buf));
	SSL_write(session, "HELO you", 8);
}

static double round_of(void (*call)(void), long n)
{
	struct timespec a, b;

	clock_gettime(CLOCK_MONOTONIC, &a);
	for (long i = 0; i < n; i++)
		call();
	clock_gettime(CLOCK_MONOTONIC, &b);
	return ((double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec)) / (double)n;
}

int main(int argc, char **argv)
{
	void (*call)(void);
	double best = 1e18;
	long n;

	if (argc != 3 && argc != 5)
		return 2;
	call = !strcmp(argv[1], "write")   ? do_write :
	       !strcmp(argv[1], "send")	   ? do_send :
	       !strcmp(argv[1], "message") ? do_message :
	       !strcmp(argv[1], "exec")	   ? do_exec :
					     do_ssl_read;
	n = atol(argv[2]);
	fd = open("/dev/null", O_WRONLY);
	if (call == do_message)
		fd = open_websocket();
	if (call == do_ssl_read)
		make_session();
	if (argc == 5) {
		load_callers(argv[3], atoi(argv[4]));
		call = do_ssl_read_in_turn;
	}
	for (int i = 0; i < 10; i++) {
		double t = round_of(call, n);

		best = t < best ? t : best;
	}
	printf("%.2f\n", best);
	return 0;
}
