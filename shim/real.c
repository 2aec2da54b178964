#include "shim/real.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "shim/hook_dl.h"
#include "shim/shared/check.h"
#include "shim/shared/compiler.h"
#include "shim/shared/log.h"

/* ---------------------------------------------------------------- libc */

/*
 * Fallback when libc's function is not found, which takes a very odd process: call the kernel. Functions without a
 * system call of their own are built from others.
 */
#define RAW(type, name, parameters, call) \
	static type raw_##name parameters \
	{                                 \
		return (type)(call);      \
	}

RAW(int, connect, (int fd, const struct sockaddr *a, socklen_t n), syscall(SYS_connect, fd, a, n))
RAW(int, accept, (int fd, struct sockaddr *a, socklen_t *n), syscall(SYS_accept4, fd, a, n, 0))
RAW(int, accept4, (int fd, struct sockaddr *a, socklen_t *n, int flags), syscall(SYS_accept4, fd, a, n, flags))
RAW(int, socket, (int domain, int type, int protocol), syscall(SYS_socket, domain, type, protocol))
RAW(int, close, (int fd), syscall(SYS_close, fd))
RAW(int, shutdown, (int fd, int how), syscall(SYS_shutdown, fd, how))
RAW(int, dup, (int fd), syscall(SYS_dup, fd))
RAW(int, dup3, (int from, int to, int flags), syscall(SYS_dup3, from, to, flags))
#ifdef SYS_dup2
RAW(int, dup2, (int from, int to), syscall(SYS_dup2, from, to))
#else
RAW(int, dup2, (int from, int to), from == to ? from : syscall(SYS_dup3, from, to, 0))
#endif
RAW(int, fcntl, (int fd, int command, ...), syscall(SYS_fcntl, fd, command, GT_REST(command)))
RAW(int, fcntl64, (int fd, int command, ...), syscall(SYS_fcntl, fd, command, GT_REST(command)))
RAW(int, close_range, (unsigned first, unsigned last, int flags), syscall(SYS_close_range, first, last, flags))
RAW(ssize_t, read, (int fd, void *buf, size_t len), syscall(SYS_read, fd, buf, len))
RAW(ssize_t, readv, (int fd, const struct iovec *iov, int n), syscall(SYS_readv, fd, iov, n))
RAW(ssize_t, recvfrom, (int fd, void *buf, size_t len, int flags, struct sockaddr *a, socklen_t *n),
    syscall(SYS_recvfrom, fd, buf, len, flags, a, n))
RAW(ssize_t, recv, (int fd, void *buf, size_t len, int flags), syscall(SYS_recvfrom, fd, buf, len, flags, NULL, NULL))
RAW(ssize_t, recvmsg, (int fd, struct msghdr *msg, int flags), syscall(SYS_recvmsg, fd, msg, flags))
RAW(ssize_t, __read_chk, (int fd, void *buf, size_t len, size_t room), len > room ? -1 : syscall(SYS_read, fd, buf, len))
RAW(ssize_t, __recv_chk, (int fd, void *buf, size_t len, size_t room, int flags),
    len > room ? -1 : syscall(SYS_recvfrom, fd, buf, len, flags, NULL, NULL))
RAW(ssize_t, __recvfrom_chk, (int fd, void *buf, size_t len, size_t room, int flags, struct sockaddr *a, socklen_t *n),
    len > room ? -1 : syscall(SYS_recvfrom, fd, buf, len, flags, a, n))
RAW(ssize_t, write, (int fd, const void *buf, size_t len), syscall(SYS_write, fd, buf, len))
RAW(ssize_t, writev, (int fd, const struct iovec *iov, int n), syscall(SYS_writev, fd, iov, n))
RAW(ssize_t, sendto, (int fd, const void *buf, size_t len, int flags, const struct sockaddr *a, socklen_t n),
    syscall(SYS_sendto, fd, buf, len, flags, a, n))
RAW(ssize_t, send, (int fd, const void *buf, size_t len, int flags), syscall(SYS_sendto, fd, buf, len, flags, NULL, 0))
RAW(ssize_t, sendmsg, (int fd, const struct msghdr *msg, int flags), syscall(SYS_sendmsg, fd, msg, flags))
RAW(int, sendmmsg, (int fd, struct mmsghdr *m, unsigned n, int flags), syscall(SYS_sendmmsg, fd, m, n, flags))
RAW(int, recvmmsg, (int fd, struct mmsghdr *m, unsigned n, int flags, struct timespec *t),
    syscall(SYS_recvmmsg, fd, m, n, flags, t))
RAW(ssize_t, sendfile, (int to, int from, off_t *offset, size_t len), syscall(SYS_sendfile, to, from, offset, len))
RAW(ssize_t, sendfile64, (int to, int from, off_t *offset, size_t len), syscall(SYS_sendfile, to, from, offset, len))

static void raw_closefrom(int first)
{
	raw_close_range((unsigned)first, ~0U, 0);
}

static int raw_daemon(int nochdir, int noclose)
{
	(void)nochdir;
	(void)noclose;
	errno = ENOSYS;
	return -1;
}

static void raw__exit(int status)
{
	for (;;)
		syscall(SYS_exit_group, status);
}

#define raw__Exit      raw__exit
#define raw_quick_exit raw__exit

/* A stub resolves its entry and calls it. */
#define STUB(type, name, parameters, arguments)                     \
	static type stub_##name parameters                          \
	{                                                           \
		void *real = dlsym(RTLD_NEXT, #name);               \
                                                                    \
		if (real)                                           \
			memcpy(&gt_real.name, &real, sizeof(real)); \
		else                                                \
			gt_real.name = raw_##name;                  \
		return gt_real.name arguments;                      \
	}
#define GT_LIBC(type, name, parameters, arguments)	STUB(type, name, parameters, arguments)
#define GT_LIBC_LATE(type, name, parameters, arguments) STUB(type, name, parameters, arguments)
#include "shim/hooks.def"

struct gt_real gt_real = {
#define GT_LIBC(type, name, parameters, arguments)	.name = stub_##name,
#define GT_LIBC_LATE(type, name, parameters, arguments) .name = stub_##name,
#include "shim/hooks.def"
};

GT_COLD void gt_real_init(void)
{
	void *real;

	/* LATE functions stay stubs: looking up a missing function makes the loader allocate an error message */
#define GT_LIBC(type, name, parameters, arguments) \
	if ((real = dlsym(RTLD_NEXT, #name)))      \
		memcpy(&gt_real.name, &real, sizeof(real));
#include "shim/hooks.def"
}

/* ---------------------------------------------------------------- libssl, libcurl */

static const char *const foreign_names[GT_FOREIGN_COUNT] = {
#define GT_FOREIGN(type, name, parameters) [GT_FOREIGN_##name] = #name,
#include "shim/hooks.def"
	[GT_FOREIGN_SSL_get_servername] = "SSL_get_servername",
	[GT_FOREIGN_SSL_get_error] = "SSL_get_error",
	[GT_FOREIGN_SSL_ctrl] = "SSL_ctrl",
	[GT_FOREIGN_curl_easy_getinfo] = "curl_easy_getinfo",
	[GT_FOREIGN_curl_easy_nextheader] = "curl_easy_nextheader",
	[GT_FOREIGN_curl_url_get] = "curl_url_get",
	[GT_FOREIGN_curl_free] = "curl_free",
};

char gt_missing;
struct gt_caller gt_callers[GT_CALLERS_MAX];
static _Atomic uint32_t caller_count; /* entries given out, filled or not */
static struct gt_caller unknown_caller;

/* The link map of the object that contains `address`, and the object's bounds. */
static struct link_map *object_of(const void *address, uintptr_t *start, uintptr_t *end)
{
	struct link_map *map = NULL;
	Dl_info info;
	const ElfW(Ehdr) * ehdr;
	const ElfW(Phdr) * phdr;

	if (!dladdr1(address, &info, (void **)&map, RTLD_DL_LINKMAP) || !map)
		return NULL;
	*start = (uintptr_t)info.dli_fbase;
	*end = *start;
	ehdr = info.dli_fbase;
	phdr = (const void *)((const char *)ehdr + ehdr->e_phoff);
	for (int i = 0; i < ehdr->e_phnum; i++) {
		uintptr_t top = map->l_addr + phdr[i].p_vaddr + phdr[i].p_memsz;

		if (phdr[i].p_type == PT_LOAD && top > *end)
			*end = top;
	}
	return map;
}

GT_COLD static const struct gt_caller *add_caller(const void *address)
{
	uintptr_t start, end;
	int saved = errno;
	struct gt_caller *c;
	struct link_map *map = object_of(address, &start, &end);
	uint32_t n;

	if (!map)
		return &unknown_caller;
	n = atomic_fetch_add_explicit(&caller_count, 1, memory_order_relaxed);
	if (n >= GT_CALLERS_MAX) {
		atomic_fetch_sub_explicit(&caller_count, 1, memory_order_relaxed);
		return &unknown_caller;
	}
	/* two threads may add the same object: the second entry is never found, which does no harm */
	c = &gt_callers[n];
	c->start = start;
	c->map = map;
	/* also keeps the object loaded, so that no other object gets its addresses */
	if (map->l_name && map->l_name[0])
		c->handle = gt_dlopen(map->l_name, RTLD_LAZY | RTLD_NOLOAD);
	/* release: pairs with the acquire in gt_caller_of(); publishes the entry */
	atomic_store_explicit(&c->end, end, memory_order_release);
	errno = saved;
	return c;
}

const struct gt_caller *gt_caller_of(const void *return_address)
{
	uint32_t n = atomic_load_explicit(&caller_count, memory_order_relaxed);
	uintptr_t at = (uintptr_t)return_address;

	for (uint32_t i = 0; i < n && i < GT_CALLERS_MAX; i++)
		if (at < atomic_load_explicit(&gt_callers[i].end, memory_order_acquire) && at >= gt_callers[i].start)
			return &gt_callers[i];
	return add_caller(return_address);
}

static bool is_ours(const void *p)
{
	static _Atomic uintptr_t first, last;
	uintptr_t start, end;

	if (!atomic_load_explicit(&last, memory_order_relaxed) && object_of(&gt_missing, &start, &end)) {
		atomic_store_explicit(&first, start, memory_order_relaxed);
		atomic_store_explicit(&last, end, memory_order_relaxed);
	}
	return (uintptr_t)p >= atomic_load_explicit(&first, memory_order_relaxed) &&
	       (uintptr_t)p < atomic_load_explicit(&last, memory_order_relaxed);
}

/* Loaded libraries whose file name contains a word. The callback only copies names: opening a library while the
 * loader's list is locked would take the loader's locks in the wrong order. */
struct search {
	const char *word;
	int n;
	char names[4][256];
};

static int note_object(struct dl_phdr_info *info, size_t size, void *data)
{
	struct search *s = data;

	(void)size;
	if (info->dlpi_name && strstr(info->dlpi_name, s->word) && strlen(info->dlpi_name) < sizeof(s->names[0]))
		strcpy(s->names[s->n++], info->dlpi_name);
	return s->n == GT_COUNT_OF(s->names);
}

GT_COLD static void *search_all(const char *symbol, const char *word)
{
	struct search s = { .word = word };
	void *f = NULL;

	dl_iterate_phdr(note_object, &s);
	for (int i = 0; i < s.n && !f; i++) {
		void *handle = gt_dlopen(s.names[i], RTLD_LAZY | RTLD_NOLOAD);

		if (handle)
			f = dlsym(handle, symbol);
		if (f && is_ours(f))
			f = NULL;
		if (handle && !f)
			dlclose(handle);
	}
	return f;
}

/* How an object refers to a symbol. */
struct reference {
	bool exists;
	const char *version; /* NULL: none */
};

/* The parts of a dynamic section that describe it. */
struct dynamic {
	const ElfW(Sym) * symbols;
	const char *strings;
	const ElfW(Half) * versions;
	const ElfW(Verneed) * needed;
	const ElfW(Verdef) * defined;
	const ElfW(Rela) * relocations[2];
	size_t n[2];
};

static struct dynamic dynamic_of(const struct link_map *map)
{
	struct dynamic d = { 0 };

	for (const ElfW(Dyn) *e = map->l_ld; e->d_tag != DT_NULL; e++) {
		/* glibc has relocated these addresses, musl leaves them as they are in the file */
		const char *at = (const char *)(e->d_un.d_ptr < map->l_addr ? e->d_un.d_ptr + map->l_addr : e->d_un.d_ptr);

		switch (e->d_tag) {
		case DT_SYMTAB:
			d.symbols = (const void *)at;
			break;
		case DT_STRTAB:
			d.strings = at;
			break;
		case DT_VERSYM:
			d.versions = (const void *)at;
			break;
		case DT_VERNEED:
			d.needed = (const void *)at;
			break;
		case DT_VERDEF:
			d.defined = (const void *)at;
			break;
		case DT_JMPREL:
			d.relocations[0] = (const void *)at;
			break;
		case DT_PLTRELSZ:
			d.n[0] = e->d_un.d_val / sizeof(ElfW(Rela));
			break;
		case DT_RELA:
			d.relocations[1] = (const void *)at;
			break;
		case DT_RELASZ:
			d.n[1] = e->d_un.d_val / sizeof(ElfW(Rela));
			break;
		}
	}
	return d;
}

static const char *version_name(const struct dynamic *d, unsigned index)
{
	for (const ElfW(Verneed) *n = d->needed; n; n = n->vn_next ? (const void *)((const char *)n + n->vn_next) : NULL) {
		const ElfW(Vernaux) *a = (const void *)((const char *)n + n->vn_aux);

		for (; a; a = a->vna_next ? (const void *)((const char *)a + a->vna_next) : NULL)
			if ((a->vna_other & 0x7fff) == index)
				return d->strings + a->vna_name;
	}
	/* a library that calls its own exported functions */
	for (const ElfW(Verdef) *v = d->defined; v; v = v->vd_next ? (const void *)((const char *)v + v->vd_next) : NULL)
		if (v->vd_ndx == index)
			return d->strings + ((const ElfW(Verdaux) *)((const char *)v + v->vd_aux))->vda_name;
	return NULL;
}

GT_COLD static struct reference reference_to(const struct link_map *map, const char *name)
{
	struct dynamic d;

	if (!map || !map->l_ld)
		return (struct reference){ false, NULL };
	d = dynamic_of(map);
	for (int part = 0; d.symbols && d.strings && part < 2; part++) {
		for (size_t i = 0; d.relocations[part] && i < d.n[part]; i++) {
			size_t symbol = d.relocations[part][i].r_info >> 32;
			unsigned version;

			if (!symbol || strcmp(d.strings + d.symbols[symbol].st_name, name) != 0)
				continue;
			version = d.versions ? d.versions[symbol] & 0x7fff : VER_NDX_GLOBAL;
			return (struct reference){ true, version > VER_NDX_GLOBAL ? version_name(&d, version) : NULL };
		}
	}
	return (struct reference){ false, NULL };
}

/* Would the loader bind a reference with that version to this definition? A definition without a version fits every
 * reference. */
static bool fits(const void *f, const char *version)
{
	const ElfW(Sym) *symbol = NULL;
	struct link_map *map = NULL;
	struct dynamic d;
	const char *own;
	Dl_info info;

	if (!dladdr1(f, &info, (void **)&map, RTLD_DL_LINKMAP) || !map || !map->l_ld ||
	    !dladdr1(f, &info, (void **)&symbol, RTLD_DL_SYMENT) || !symbol)
		return true;
	d = dynamic_of(map);
	if (!d.versions || (d.versions[symbol - d.symbols] & 0x7fff) <= VER_NDX_GLOBAL)
		return true;
	own = version_name(&d, d.versions[symbol - d.symbols] & 0x7fff);
	return !own || strcmp(own, version) == 0;
}

static void *find_next(const char *name, const char *version)
{
	void *f = dlsym(RTLD_NEXT, name);

	return !f || !version || fits(f, version) ? f : dlvsym(RTLD_NEXT, name, version);
}

/* The definition in the object's own scope. Another preload may define the name too and call the next definition: its
 * own function must not be returned then. */
static void *find_local(const struct gt_caller *caller, const char *name, const struct reference *ref)
{
	void *f = caller->handle ? dlsym(caller->handle, name) : NULL;
	bool is_callers =
		(uintptr_t)f >= caller->start && (uintptr_t)f < atomic_load_explicit(&caller->end, memory_order_relaxed);

	return f && !is_ours(f) && (ref->exists || !is_callers) ? f : NULL;
}

/* Functions that are called but not hooked: in the library where the caller's hooked functions were found. */
static void *find_beside(const struct gt_caller *caller, const char *name)
{
	uintptr_t start, end;
	void *handle, *f = NULL;

	for (int i = 0; i < GT_FOREIGN_COUNT && !f; i++) {
		void *known = atomic_load_explicit(&caller->functions[i], memory_order_relaxed);
		const struct link_map *map;

		if (foreign_names[i][0] != name[0] || !known || known == &gt_missing)
			continue;
		map = object_of(known, &start, &end);
		handle = map && map->l_name[0] ? gt_dlopen(map->l_name, RTLD_LAZY | RTLD_NOLOAD) : NULL;
		if (handle) {
			f = dlsym(handle, name);
			dlclose(handle);
		}
	}
	return f && !is_ours(f) ? f : NULL;
}

GT_COLD static void *look_up(const struct gt_caller *caller, enum gt_foreign which)
{
	const char *name = foreign_names[which];
	struct reference ref = reference_to(caller->map, name);
	int saved = errno;
	void *f = NULL;

	if (which >= GT_FOREIGN_HOOKED)
		f = find_beside(caller, name);
	if (!f)
		f = find_next(name, ref.version);
	if (!f)
		f = find_local(caller, name, &ref);
	if (!f)
		f = search_all(name, name[0] == 'S' ? "libssl" : "libcurl");
	dlerror(); /* discard the errors of the look-ups above: they are not the application's */
	gt_log(name[0] == 'S' ? GT_LOG_SSL : GT_LOG_CURL, GT_LOG_DEBUG, "%s for the object at %lx: %s", name,
	       (unsigned long)caller->start, f ? "found" : "not found");
	errno = saved;
	return f;
}

void *gt_foreign(const struct gt_caller *caller, enum gt_foreign which)
{
	_Atomic(void *) *slot = (_Atomic(void *) *)&caller->functions[which];
	void *f = atomic_load_explicit(slot, memory_order_relaxed);

	if (gt_unlikely(!f)) {
		f = look_up(caller, which);
		if (!f)
			gt_stat_add(GT_STAT_UNRESOLVED, 1);
		/* a caller outside any object may mean another library next time */
		if (caller != &unknown_caller)
			atomic_store_explicit(slot, f ? f : &gt_missing, memory_order_relaxed);
	}
	return f == &gt_missing ? NULL : f;
}
