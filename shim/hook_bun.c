#include "shim/hook_bun.h"

#include <sys/auxv.h>
#include <sys/mman.h>

#include "shim/bun.h"
#include "shim/image.h"
#include "shim/shared/compiler.h"
#include "shim/shared/env.h"
#include "shim/shared/gate.h"
#include "shim/shared/log.h"
#include "shim/shared/stat.h"
#include "shim/tls_session.h"
#include "shim/tls_table.h"
#include "shim/unread.h"

struct span {
	char *p;
	size_t len;
};

/* See boring_table.h. Spans are passed in two registers. */
typedef int open_fn(void *ssl, struct span *out, size_t *consumed, uint8_t *alert, char *in, size_t len);
typedef int write_fn(void *ssl, bool *needs_handshake, size_t *written, const char *in, size_t len);
typedef void free_fn(void *ssl);

/* BoringSSL's own. Written once, before the table refers to gentap's. */
static struct {
	open_fn *open;
	write_fn *write;
	free_fn *free;
} real;

struct bun_call {
	struct gt_session_call call; /* first */
	/* of a write */
	bool *needs_handshake;
	/* of a read: one record */
	struct span *out, in;
	size_t *consumed;
	uint8_t *alert;
};

static size_t call_write(struct gt_session_call *call, const char *buf, size_t len)
{
	struct bun_call *k = (struct bun_call *)call;
	size_t written = 0;

	call->ret = real.write(call->session, k->needs_handshake, &written, buf, len);
	return call->ret > 0 ? written : 0;
}

static size_t call_open(struct gt_session_call *call, const char **bytes)
{
	struct bun_call *k = (struct bun_call *)call;

	call->ret = real.open(call->session, k->out, k->consumed, k->alert, k->in.p, k->in.len);
	*bytes = k->out->p;
	return call->ret == GT_BORING_OPENED ? k->out->len : 0;
}

static bool has_ended(const struct gt_session_call *k, int err, enum gt_end_why *why, int *code)
{
	(void)err, (void)code;
	*why = k->ret == GT_BORING_CLOSED ? GT_END_EOF : GT_END_RESET;
	return k->ret == GT_BORING_CLOSED || k->ret == GT_BORING_FAILED;
}

/* The session's modes are out of reach. */
static bool may_move(const struct gt_session_call *k)
{
	(void)k;
	return false;
}

/* What the session asked for is out of reach. The request names the same server. */
static struct gt_str server_of(const struct gt_session_call *k)
{
	(void)k;
	return GT_STR_NONE;
}

/* All plaintext passes the table. */
static bool may_be_open(const struct gt_session_call *k)
{
	(void)k;
	return false;
}

static const struct gt_session_library boring = {
	.is_in_program = true,
	.write = call_write,
	.read = call_open,
	.has_ended = has_ended,
	.may_move = may_move,
	.server = server_of,
	.may_be_open = may_be_open,
};

#define CALL(ssl) { .library = &boring, .session = (ssl), .from = __builtin_return_address(0) }

/* ---------------------------------------------------------------- in the table */

static int write_app_data(void *ssl, bool *needs_handshake, size_t *written, const char *in, size_t len)
{
	struct bun_call k = { .call = CALL(ssl), .needs_handshake = needs_handshake };
	size_t out;

	if (gt_likely(gt_tls_entry(ssl) == GT_TLS_IGNORED))
		return real.write(ssl, needs_handshake, written, in, len);
	out = gt_session_write(&k.call, in, len);
	if (!out && k.call.ret <= 0)
		return (int)k.call.ret;
	/* SSL_write would repeat a call that needs a handshake */
	*needs_handshake = false;
	*written = out;
	return 1;
}

static int open_app_data(void *ssl, struct span *out, size_t *consumed, uint8_t *alert, char *in, size_t len)
{
	struct bun_call k = { .call = CALL(ssl), .out = out, .consumed = consumed, .alert = alert, .in = { in, len } };

	if (gt_likely(gt_tls_entry(ssl) == GT_TLS_IGNORED))
		return real.open(ssl, out, consumed, alert, in, len);
	gt_session_read(&k.call);
	return (int)k.call.ret;
}

static void free_session(void *ssl)
{
	struct bun_call k = { .call = CALL(ssl) };

	if (gt_tls_is_known(ssl))
		gt_session_freed(&k.call);
	real.free(ssl);
}

/* ---------------------------------------------------------------- putting them there */

static _Atomic bool is_due; /* this is Bun, and no thread has looked for the table */

GT_COLD void gt_bun_init(void)
{
	struct gt_str setting = gt_str_trim(gt_str_of(gt_env_get(GT_ENV_GENTAP_PATCH)));
	struct gt_object program = gt_object_of((const void *)getauxval(AT_ENTRY));
	struct gt_dynamic d = gt_dynamic_of(program.map);

	if (!gt_str_ieq(setting, GT_STR("off")) && !gt_str_ieq(setting, GT_STR("symbols")) && gt_bun_is(&d))
		atomic_store_explicit(&is_due, true, memory_order_relaxed);
}

/* BoringSSL's constants may be in a page that the loader has protected, or in a page that never was. */
static bool is_protected(const struct gt_boring_table *t, bool *is)
{
	const ElfW(Phdr) *headers = (const ElfW(Phdr) *)getauxval(AT_PHDR);
	struct gt_object program = gt_object_of((const void *)getauxval(AT_ENTRY));
	uintptr_t first = (uintptr_t)&t->functions[0], last = (uintptr_t)(t + 1) - 1;
	struct gt_image i;

	if (!gt_image_read(&i, headers, getauxval(AT_PHNUM), program.map->l_addr, getauxval(AT_PAGESZ), NULL))
		return false;
	*is = gt_image_protection(&i, first) == PROT_READ;
	return (*is || gt_image_protection(&i, first) == (PROT_READ | PROT_WRITE)) &&
	       gt_image_protection(&i, last) == gt_image_protection(&i, first);
}

static void put(uint64_t *slot, const void *function)
{
	/* release: a thread that calls gentap's function finds BoringSSL's in `real` */
	__atomic_store_n(slot, (uint64_t)(uintptr_t)function, __ATOMIC_RELEASE);
}

/* Returns why nothing was changed, a literal; NULL: gentap's functions are there. */
static const char *patch(struct gt_boring_table *t)
{
	uintptr_t from = (uintptr_t)t & -getauxval(AT_PAGESZ);
	size_t len = (uintptr_t)(t + 1) - from;
	bool is_closed;

	if (!is_protected(t, &is_closed))
		return "its table is in two kinds of memory";
	if (is_closed && (!gt_gate_is_open(GT_CALL_table_done) || gt_gate(table_open, from, len, PROT_READ | PROT_WRITE) != 0))
		return "the kernel refuses to make its table writable";
	real.free = (free_fn *)(uintptr_t)t->functions[GT_BORING_FREE];
	real.open = (open_fn *)(uintptr_t)t->functions[GT_BORING_OPEN];
	real.write = (write_fn *)(uintptr_t)t->functions[GT_BORING_WRITE];
	put(&t->functions[GT_BORING_FREE], (const void *)free_session);
	put(&t->functions[GT_BORING_OPEN], (const void *)open_app_data);
	put(&t->functions[GT_BORING_WRITE], (const void *)write_app_data);
	if (is_closed && gt_gate(table_done, from, len, PROT_READ) != 0)
		gt_log(GT_LOG_SSL, GT_LOG_INFO, "a page of a TLS library stays writable: the kernel refuses to change it back");
	return NULL;
}

GT_COLD static void look(void)
{
	struct gt_object program = gt_object_of((const void *)getauxval(AT_ENTRY));
	struct gt_bun_found f = gt_bun_find();
	const char *why = f.table ? patch(f.table) : f.why_not;

	if (!why) {
		gt_unread_follow(program.map->l_ld);
		gt_log(GT_LOG_SSL, GT_LOG_INFO, "the TLS library in the program is followed");
		return;
	}
	gt_stat_add(GT_STAT_TLS_REFUSED, 1);
	gt_log(GT_LOG_SSL, GT_LOG_INFO, "the TLS library in the program is left alone, and its connections are not read: %s",
	       why);
}

void gt_bun_look(void)
{
	if (gt_unlikely(atomic_load_explicit(&is_due, memory_order_relaxed)) &&
	    atomic_exchange_explicit(&is_due, false, memory_order_relaxed))
		look();
}
