#include "shim/ssl_copies.h"

#include <stdatomic.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include "shim/guard.h"
#include "shim/image.h"
#include "shim/openssl_abi.h"
#include "shim/shared/compiler.h"
#include "shim/shared/env.h"
#include "shim/shared/gate.h"
#include "shim/shared/log.h"
#include "shim/shared/stat.h"
#include "shim/ssl_tables.h"
#include "shim/tls_session.h"
#include "shim/tls_table.h"
#include "shim/unread.h"

/* The slots' types (OpenSSL 1.1.1 to 3.x, struct ssl_method_st). A result above 0 is a success. */
typedef int read_slot(void *ssl, void *buf, size_t num, size_t *got);
typedef int write_slot(void *ssl, const void *buf, size_t num, size_t *written);
typedef void free_slot(void *ssl);
typedef int renew_slot(void *ssl);

typedef const void *method_fn(void);

struct copy {
	_Atomic(const void *) object; /* its dynamic section; NULL: free */
	uintptr_t check;	      /* a slot that holds gentap's function while the object is loaded */

	/* what the slots held; NULL before the first patch */
	_Atomic(read_slot *) read;
	_Atomic(write_slot *) write;
	_Atomic(free_slot *) free;
	_Atomic(renew_slot *) renew;

	gt_ssl_servername_fn *servername;
	gt_ssl_get_error_fn *get_error;
	gt_ssl_ctrl_fn *ctrl;
	gt_ssl_finished_fn *is_finished, *is_before;
};

static struct copy copies[GT_SSL_COPIES_MAX];

/* The function of a slot. It was stored before gentap's function was, but a weakly ordered processor may show it later. */
#define ORIGINAL(copy, slot)                                                            \
	({                                                                              \
		__typeof__(atomic_load(&(copy)->slot)) f_;                              \
		do                                                                      \
			f_ = atomic_load_explicit(&(copy)->slot, memory_order_acquire); \
		while (gt_unlikely(!f_));                                               \
		f_;                                                                     \
	})

/* ---------------------------------------------------------------- the calls of a copy */

struct table_call {
	struct gt_session_call call; /* first */
	struct copy *copy;
	/* of a read */
	void *buf;
	size_t num;
	size_t *got;
};

static size_t call_write(struct gt_session_call *call, const char *buf, size_t len)
{
	struct copy *c = ((struct table_call *)call)->copy;
	size_t written = 0;

	call->ret = ORIGINAL(c, write)(call->session, buf, len, &written);
	return call->ret > 0 ? written : 0;
}

static size_t call_read(struct gt_session_call *call, const char **bytes)
{
	struct table_call *k = (struct table_call *)call;

	*bytes = k->buf;
	call->ret = ORIGINAL(k->copy, read)(call->session, k->buf, k->num, k->got);
	return call->ret > 0 ? *k->got : 0;
}

static bool has_ended(const struct gt_session_call *call, int err, enum gt_end_why *why, int *code)
{
	const struct table_call *k = (const struct table_call *)call;

	if (k->num && !k->copy->get_error && call->ret == 0) { /* OpenSSL's result after close_notify */
		*why = GT_END_EOF;
		return true;
	}
	return k->num && gt_ssl_has_ended(k->copy->get_error, call->session, (int)call->ret, err, why, code);
}

static bool may_move(const struct gt_session_call *call)
{
	return gt_ssl_is_relaxed(((const struct table_call *)call)->copy->ctrl, call->session);
}

static struct gt_str server_of(const struct gt_session_call *call)
{
	return gt_ssl_server(((const struct table_call *)call)->copy->servername, call->session);
}

static bool may_be_open(const struct gt_session_call *call)
{
	gt_ssl_finished_fn *is_finished = ((const struct table_call *)call)->copy->is_finished;

	return !is_finished || is_finished(call->session);
}

static const struct gt_session_library of_a_copy = {
	.is_in_program = true,
	.write = call_write,
	.read = call_read,
	.has_ended = has_ended,
	.may_move = may_move,
	.server = server_of,
	.may_be_open = may_be_open,
};

/* The same for a copy that exports nothing: gentap has only its tables. */
static const struct gt_session_library of_a_hidden_copy = {
	.is_in_program = true,
	.write = call_write,
	.read = call_read,
	.has_ended = has_ended,
	.may_move = may_move,
	.may_be_open = may_be_open,
};

static struct gt_session_call call_of(const struct copy *c, void *ssl, const void *from)
{
	return (struct gt_session_call){
		.library = c->get_error ? &of_a_copy : &of_a_hidden_copy,
		.session = ssl,
		.from = from,
	};
}

GT_COLD static int watched_write(struct copy *c, void *ssl, const void *buf, size_t num, size_t *written, const void *from)
{
	struct table_call k = { .call = call_of(c, ssl, from), .copy = c };
	size_t out = gt_session_write(&k.call, buf, num);

	if (out || k.call.ret > 0)
		*written = out;
	return (int)k.call.ret;
}

GT_COLD static int watched_read(struct copy *c, void *ssl, void *buf, size_t num, size_t *got, const void *from)
{
	struct table_call k = { .call = call_of(c, ssl, from), .copy = c, .buf = buf, .num = num, .got = got };

	gt_session_read(&k.call);
	return (int)k.call.ret;
}

static bool is_first_handshake(struct copy *c, void *ssl)
{
	struct gt_conn *conn;
	bool is_in_write;

	if (c->is_before)
		return c->is_before(ssl);
	conn = gt_tls_conn(ssl, gt_tls_entry(ssl));
	is_in_write = conn && gt_conn_is_in_write(conn);
	if (conn)
		gt_conn_unref(conn);
	return is_in_write;
}

/* OpenSSL also does this itself at the start of the first handshake, inside a read or a write. */
static void renewed(struct copy *c, void *ssl, const void *from)
{
	if (gt_unlikely(gt_tls_is_known(ssl)) && !is_first_handshake(c, ssl))
		gt_session_ends(ssl, from);
}

static void freed(struct copy *c, void *ssl, const void *from)
{
	struct table_call k = { .call = call_of(c, ssl, from), .copy = c };

	gt_session_freed(&k.call);
}

/* The functions of the n-th copy. */
#define FUNCTIONS(n)                                                                                   \
	static int write_##n(void *ssl, const void *buf, size_t num, size_t *written)                  \
	{                                                                                              \
		if (gt_likely(gt_tls_entry(ssl) == GT_TLS_IGNORED))                                    \
			return ORIGINAL(&copies[n], write)(ssl, buf, num, written);                    \
		return watched_write(&copies[n], ssl, buf, num, written, __builtin_return_address(0)); \
	}                                                                                              \
	static int read_##n(void *ssl, void *buf, size_t num, size_t *got)                             \
	{                                                                                              \
		if (gt_likely(gt_tls_entry(ssl) == GT_TLS_IGNORED))                                    \
			return ORIGINAL(&copies[n], read)(ssl, buf, num, got);                         \
		return watched_read(&copies[n], ssl, buf, num, got, __builtin_return_address(0));      \
	}                                                                                              \
	static void free_##n(void *ssl)                                                                \
	{                                                                                              \
		freed(&copies[n], ssl, __builtin_return_address(0));                                   \
		ORIGINAL(&copies[n], free)(ssl);                                                       \
	}                                                                                              \
	static int renew_##n(void *ssl)                                                                \
	{                                                                                              \
		renewed(&copies[n], ssl, __builtin_return_address(0));                                 \
		return ORIGINAL(&copies[n], renew)(ssl);                                               \
	}

#define EACH(f) f(0) f(1) f(2) f(3) f(4) f(5) f(6) f(7)

EACH(FUNCTIONS)

#define ROW(n)                                   \
	{ [GT_SSL_READ] = (uintptr_t)read_##n,   \
	  [GT_SSL_WRITE] = (uintptr_t)write_##n, \
	  [GT_SSL_FREE] = (uintptr_t)free_##n,   \
	  [GT_SSL_RENEW] = (uintptr_t)renew_##n },

static uintptr_t ours(size_t n, enum gt_ssl_slot slot)
{
	const uintptr_t all[GT_SSL_COPIES_MAX][GT_SSL_SLOTS] = { EACH(ROW) };

	return all[n][slot];
}

/* ---------------------------------------------------------------- patching */

/* Its present function, whatever page it is in. */
static _Atomic(uintptr_t) *slot_of(uintptr_t table, unsigned number)
{
	return (_Atomic(uintptr_t) *)(table + number * sizeof(uintptr_t));
}

/* The pages with the tables, from the first to the last. */
struct pages {
	uintptr_t first, end;
};

static struct pages pages_of(const struct gt_image *i, const struct gt_ssl_tables *t)
{
	return (struct pages){ t->tables[0] & -i->page,
			       ((t->tables[t->n - 1] + (t->at[GT_SSL_WRITE] + 1) * sizeof(uintptr_t)) + i->page - 1) &
				       -i->page };
}

/* A page of code stays executable all the time: other code in it may run. */
static bool may_write(const struct gt_image *i, uintptr_t page, bool may)
{
	int protection = gt_image_protection(i, page), with = protection | (may ? PROT_WRITE : 0);

	if (protection & PROT_WRITE)
		return true;
	if (protection & PROT_EXEC)
		return may ? gt_gate(table_code, page, i->page, with) == 0 : gt_gate(table_code_done, page, i->page, with) == 0;
	return may ? gt_gate(table_open, page, i->page, with) == 0 : gt_gate(table_done, page, i->page, with) == 0;
}

/* All of them, or none. */
static bool open_pages(const struct gt_image *i, struct pages p)
{
	if (!gt_gate_is_open(GT_CALL_table_done) || !gt_gate_is_open(GT_CALL_table_code_done))
		return false;
	for (uintptr_t page = p.first; page < p.end; page += i->page) {
		if (may_write(i, page, true))
			continue;
		while (page > p.first)
			may_write(i, page -= i->page, false);
		return false;
	}
	return true;
}

static void close_pages(const struct gt_image *i, struct pages p)
{
	for (uintptr_t page = p.first; page < p.end; page += i->page)
		if (!may_write(i, page, false))
			gt_log(GT_LOG_SSL, GT_LOG_INFO,
			       "a page of a TLS library stays writable: the kernel refuses to change it back");
}

static struct copy *free_copy(void)
{
	for (size_t n = 0; n < GT_SSL_COPIES_MAX; n++)
		if (!atomic_load_explicit(&copies[n].object, memory_order_relaxed))
			return &copies[n];
	return NULL;
}

/* A set of functions may have served a copy that is gone. */
static void keep_originals(struct copy *c, const struct gt_image *i, const struct gt_ssl_tables *t)
{
	c->servername = (gt_ssl_servername_fn *)gt_image_function(i, "SSL_get_servername");
	c->get_error = (gt_ssl_get_error_fn *)gt_image_function(i, "SSL_get_error");
	c->is_before = (gt_ssl_finished_fn *)gt_image_function(i, "SSL_in_before");
	c->ctrl = (gt_ssl_ctrl_fn *)gt_image_function(i, "SSL_ctrl");
	/* before 3.2 the name of the server is gone when the table's function is called */
	c->is_finished = t->at[GT_SSL_FREE] < t->at[GT_SSL_RENEW] ?
				 (gt_ssl_finished_fn *)gt_image_function(i, "SSL_is_init_finished") :
				 NULL;
	atomic_store(&c->read, (read_slot *)t->functions[GT_SSL_READ]);
	atomic_store(&c->write, (write_slot *)t->functions[GT_SSL_WRITE]);
	atomic_store(&c->free, (free_slot *)t->functions[GT_SSL_FREE]);
	atomic_store(&c->renew, (renew_slot *)t->functions[GT_SSL_RENEW]);
}

static const char *patch(const struct gt_image *i, const struct gt_ssl_tables *t, const void *object)
{
	struct pages p = pages_of(i, t);
	struct copy *c = free_copy();

	if (!c)
		return "there are too many copies";
	if (!open_pages(i, p))
		return "the kernel refuses to make its tables writable";
	keep_originals(c, i, t);
	c->check = (uintptr_t)slot_of(t->tables[0], t->at[GT_SSL_WRITE]);
	atomic_store(&c->object, object);
	for (size_t k = 0; k < t->n; k++)
		for (int s = 0; s < GT_SSL_SLOTS; s++)
			atomic_store_explicit(slot_of(t->tables[k], t->at[s]), ours((size_t)(c - copies), s),
					      memory_order_release);
	close_pages(i, p);
	gt_unread_expect(); /* its ClientHellos are followed by plaintext */
	return NULL;
}

/* ---------------------------------------------------------------- finding */

/* Functions that OpenSSL 1.1.1 and later exports, and no other library all of them: its forks lack the last. */
static const char *const required[] = {
	"SSL_write",
	"SSL_write_ex",
	"SSL_read",
	"SSL_read_ex",
	"SSL_get_error",
	"SSL_get_servername",
	"SSL_ctrl",
	"SSL_free",
	"SSL_is_init_finished",
	"TLS_client_method",
	"TLS_method",
	"TLS_server_method",
	"SSL_new",
	"SSL_clear",
	"SSL_in_before",
	"SSL_CTX_set_post_handshake_auth",
};

/* It has no side effects: it returns the address of a constant. */
static uintptr_t table_from(const struct gt_image *i, const char *name)
{
	return (uintptr_t)((method_fn *)gt_image_function(i, name))();
}

static const char *patch_image(const struct gt_image *i, const void *object)
{
	struct gt_ssl_known known;
	struct gt_ssl_tables t;
	const char *why;

	for (size_t k = 0; k < GT_COUNT_OF(required); k++)
		if (!gt_image_function(i, required[k]))
			return "it is not OpenSSL 1.1.1 or later";
	known = (struct gt_ssl_known){ .any = table_from(i, "TLS_method"),
				       .client = table_from(i, "TLS_client_method"),
				       .server = table_from(i, "TLS_server_method"),
				       .read = gt_image_function(i, "ssl3_read"),
				       .write = gt_image_function(i, "ssl3_write") };
	why = gt_ssl_tables_find(&t, i, &known);
	return why ? why : patch(i, &t, object);
}

static void report(const struct dl_phdr_info *info, const char *why)
{
	const char *slash = strrchr(info->dlpi_name, '/');
	const char *name = slash ? slash + 1 : info->dlpi_name[0] ? info->dlpi_name : "the program";

	if (!why) {
		gt_log(GT_LOG_SSL, GT_LOG_INFO, "the TLS library in %s is followed", name);
		return;
	}
	gt_stat_add(GT_STAT_TLS_REFUSED, 1);
	gt_log(GT_LOG_SSL, GT_LOG_INFO, "the TLS library in %s is left alone, and its connections are not read: %s", name, why);
}

static bool read_image(struct gt_image *i, const struct dl_phdr_info *info)
{
	return gt_image_read(i, info->dlpi_phdr, info->dlpi_phnum, info->dlpi_addr, getauxval(AT_PAGESZ), NULL);
}

static void patch_object(const struct dl_phdr_info *info, const void *object)
{
	struct gt_image i;

	report(info, read_image(&i, info) ? patch_image(&i, object) : "its headers are damaged");
}

/* ---------------------------------------------------------------- finding by signature */

/* OpenSSL brings some 200 KB of constants with addresses. Of a program at a fixed address gentap reads no more constants
 * than this: each page of them costs a fault. */
enum { LEAST_RELRO = 32 << 10, MOST_CONSTANTS = 16 << 20 };

/* Where the tables may be: in an object that is loaded anywhere, among what the loader has relocated; in a program at a
 * fixed address, among constants. */
static bool may_hold_tables(const struct gt_image *i, const struct gt_image_part *p, struct gt_image_part *where)
{
	*where = *p;
	if (p->protection & PROT_WRITE) {
		where->start = i->relro_start > p->start ? i->relro_start : p->start;
		where->end = i->relro_end < p->end ? i->relro_end : p->end;
		return where->start < where->end && where->end - where->start >= LEAST_RELRO;
	}
	return !i->base && p->protection & PROT_READ && p->end - p->start <= MOST_CONSTANTS;
}

/* False when it has tables that gentap does not know. */
static bool search_object(const struct dl_phdr_info *info, const void *object)
{
	struct gt_image_part where;
	struct gt_ssl_tables t;
	const char *why = NULL;
	bool has_some = false;
	struct gt_image i;

	if (!read_image(&i, info))
		return true;
	for (size_t k = 0; k < i.n && !has_some; k++)
		if (may_hold_tables(&i, &i.parts[k], &where))
			why = gt_ssl_tables_search(&t, &i, &where, &has_some);
	if (!has_some)
		return true;
	if (!why)
		why = patch(&i, &t, object);
	report(info, why);
	return !why;
}

/* ---------------------------------------------------------------- what is loaded */

static bool is_on, searches; /* written once, by the constructor */

static uint32_t hash_of_write; /* of SSL_write, which every candidate exports */

/* The names under which files were opened: a bit for each hash. Two names may share one: then a copy is patched that symbol
 * hooks reach too. */
#define NAME_BITS 2048
static _Atomic uint64_t opened[NAME_BITS / 64];
/* One was opened with that flag, which hides all hooks from what it needs. */
static _Atomic bool has_deepbind;
static _Atomic bool is_due; /* there was a dlopen since the last look */

/* protects: the copies, and finding them.   rank: none; nothing else of gentap's is taken inside.   at fork: new in the child
 * taken by: application threads, which try once and go without. */
static atomic_flag looking = ATOMIC_FLAG_INIT;

/* Objects that were searched: a bit for each hash of an address. Two may share one: then the second is not searched. */
static uint64_t searched[NAME_BITS / 64];

/* Objects that were left alone: they are not looked at again. */
#define REFUSED_MAX 16
static const void *refused[REFUSED_MAX];
static size_t n_refused;

static bool try_lock(void)
{
	return !atomic_flag_test_and_set_explicit(&looking, memory_order_acquire);
}

static void unlock(void)
{
	atomic_flag_clear_explicit(&looking, memory_order_release);
}

/* The bit of a file's name: `libssl` of /usr/lib/libssl.so.3. A link may have another version. */
static unsigned bit_of(const char *path)
{
	const char *slash = strrchr(path, '/'), *end;
	uint32_t h = 5381;

	path = slash ? slash + 1 : path;
	end = strstr(path, ".so");
	for (; *path && path != end; path++)
		h = h * 33 + (unsigned char)*path;
	return h % NAME_BITS;
}

static bool was_opened(const char *name)
{
	unsigned bit = bit_of(name);

	return atomic_load_explicit(&opened[bit / 64], memory_order_relaxed) >> bit % 64 & 1;
}

static bool was_refused(const void *object)
{
	for (size_t k = 0; k < n_refused; k++)
		if (refused[k] == object)
			return true;
	return false;
}

static bool has_address(const struct dl_phdr_info *info, uintptr_t address)
{
	for (int k = 0; k < info->dlpi_phnum; k++)
		if (info->dlpi_phdr[k].p_type == PT_LOAD &&
		    address - (info->dlpi_addr + info->dlpi_phdr[k].p_vaddr) < info->dlpi_phdr[k].p_memsz)
			return true;
	return false;
}

/* Also finds out that another object is at a copy's place by now. */
static bool is_patched(const struct dl_phdr_info *info, const void *object)
{
	for (size_t n = 0; n < GT_SSL_COPIES_MAX; n++) {
		if (atomic_load_explicit(&copies[n].object, memory_order_relaxed) != object)
			continue;
		if (has_address(info, copies[n].check) && *(uintptr_t *)copies[n].check == ours(n, GT_SSL_WRITE))
			return true;
		atomic_store(&copies[n].object, NULL);
	}
	return false;
}

/* The program comes first in the loader's list. It calls its own functions directly, whatever is preloaded. */
static int look_at_program(struct dl_phdr_info *info, size_t size, void *data)
{
	const ElfW(Dyn) *section = gt_dynamic_section(info);
	struct gt_dynamic d = gt_dynamic_at(section, info->dlpi_addr);

	(void)size;
	(void)data;
	if (section && gt_dynamic_defines_hashed(&d, "SSL_write", hash_of_write))
		patch_object(info, section);
	return 1;
}

static bool is_new(const void *object)
{
	unsigned bit = (unsigned)((uintptr_t)object * 0x9e3779b97f4a7c15ULL >> 53);
	bool was = searched[bit / 64] >> bit % 64 & 1;

	searched[bit / 64] |= 1ULL << bit % 64;
	return !was;
}

static void refuse(const void *object)
{
	if (n_refused < REFUSED_MAX)
		refused[n_refused++] = object;
}

/* The list is locked meanwhile, so the object remains loaded. */
static int look_at(struct dl_phdr_info *info, size_t size, void *data)
{
	const ElfW(Dyn) *section = gt_dynamic_section(info);
	bool *is_program = data, is_first = *is_program;
	struct gt_dynamic d;

	(void)size;
	*is_program = false;
	if (!section || gt_object_is_ours(section) || was_refused(section) || is_patched(info, section))
		return 0;
	d = gt_dynamic_at(section, info->dlpi_addr);
	if (!gt_dynamic_defines_hashed(&d, "SSL_write", hash_of_write)) {
		/* a program whose TLS is known already is not searched: it may be large */
		if (searches && !(is_first && gt_unread_has_sessions()) && is_new(section) && !search_object(info, section))
			refuse(section);
	} else if (!is_first && (was_opened(info->dlpi_name) || atomic_load_explicit(&has_deepbind, memory_order_relaxed))) {
		patch_object(info, section);
		if (!is_patched(info, section))
			refuse(section);
	}
	return 0;
}

GT_COLD static void look(void)
{
	bool is_program = true;

	if (!try_lock())
		return;
	atomic_store_explicit(&is_due, false, memory_order_relaxed);
	gt_object_is_ours(&looking); /* its first call takes another of the loader's locks */
	dl_iterate_phdr(look_at, &is_program);
	unlock();
}

void gt_ssl_copies_look(void)
{
	if (atomic_load_explicit(&is_due, memory_order_relaxed))
		look();
}

void gt_ssl_copies_note_open(const char *file, bool is_deepbind)
{
	unsigned bit;

	if (!is_on || !file || !atomic_load_explicit(&gt_awake, memory_order_relaxed))
		return;
	/* hooks of sockets do not see a handshake there, so this is the next occasion */
	if (atomic_load_explicit(&has_deepbind, memory_order_relaxed))
		gt_ssl_copies_look();
	bit = bit_of(file);
	atomic_fetch_or_explicit(&opened[bit / 64], 1ULL << bit % 64, memory_order_relaxed);
	if (is_deepbind)
		atomic_store_explicit(&has_deepbind, true, memory_order_relaxed);
	atomic_store_explicit(&is_due, true, memory_order_relaxed);
}

struct here {
	bool copies[GT_SSL_COPIES_MAX], refused[REFUSED_MAX];
};

static int note_here(struct dl_phdr_info *info, size_t size, void *data)
{
	const ElfW(Dyn) *section = gt_dynamic_section(info);
	struct here *h = data;

	(void)size;
	for (size_t n = 0; section && n < GT_SSL_COPIES_MAX; n++)
		h->copies[n] |= atomic_load_explicit(&copies[n].object, memory_order_relaxed) == section;
	for (size_t n = 0; section && n < n_refused; n++)
		h->refused[n] |= refused[n] == section;
	return 0;
}

static bool has_any(void)
{
	for (size_t n = 0; n < GT_SSL_COPIES_MAX; n++)
		if (atomic_load_explicit(&copies[n].object, memory_order_relaxed))
			return true;
	return n_refused > 0;
}

void gt_ssl_copies_check(void)
{
	struct here h = { 0 };
	size_t left = 0;

	if (!is_on || !has_any() || !try_lock())
		return;
	dl_iterate_phdr(note_here, &h);
	for (size_t n = 0; n < GT_SSL_COPIES_MAX; n++)
		if (!h.copies[n])
			atomic_store(&copies[n].object, NULL);
	for (size_t n = 0; n < n_refused; n++)
		if (h.refused[n])
			refused[left++] = refused[n];
	n_refused = left;
	memset(searched, 0, sizeof(searched)); /* what is patched already is known */
	unlock();
}

void gt_ssl_copies_init(void)
{
	struct gt_str how = gt_str_trim(gt_str_of(gt_env_get(GT_ENV_GENTAP_PATCH)));

	if (gt_str_ieq(how, GT_STR("off")))
		return;
	is_on = true;
	searches = !gt_str_ieq(how, GT_STR("symbols"));
	atomic_store_explicit(&is_due, searches, memory_order_relaxed);
	hash_of_write = gt_gnu_hash("SSL_write");
	dl_iterate_phdr(look_at_program, NULL);
}

void gt_ssl_copies_after_fork(void)
{
	unlock();
}

bool gt_ssl_copies_has(const void *object)
{
	for (size_t i = 0; i < GT_COUNT_OF(copies); i++)
		if (object && atomic_load_explicit(&copies[i].object, memory_order_relaxed) == object)
			return true;
	return false;
}
