#include "exporter/base/tls_library.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "shim/shared/compiler.h"
#include "shim/shared/str.h"

#define HEADERS_MAX 64
#define PIECE	    (32 * 1024)
#define OVERLAP	    64 /* no mark is longer */
#define SCAN_MAX    (64u << 20)

/* What a file says of its library, the most certain first. A copy of BoringSSL names itself a kind of OpenSSL; the source of
 * node, which is text inside it, names BoringSSL. */
static const struct mark {
	const char *text;
	enum gt_tls_library which;
} marks[] = {
	{ "rustls-0.", GT_TLS_RUSTLS },		{ "rustls/src/", GT_TLS_RUSTLS },
	{ "boringssl/src/", GT_TLS_BORINGSSL }, { "(compatible; BoringSSL)", GT_TLS_BORINGSSL },
	{ "OpenSSL 1.1.", GT_TLS_OPENSSL },	{ "OpenSSL 3.", GT_TLS_OPENSSL },
	{ "OpenSSL 4.", GT_TLS_OPENSSL },	{ "BoringSSL", GT_TLS_BORINGSSL },
	{ "Mbed TLS ", GT_TLS_MBEDTLS },	{ "mbed TLS ", GT_TLS_MBEDTLS },
	{ "MBEDTLS_", GT_TLS_MBEDTLS },		{ "wolfSSL", GT_TLS_WOLFSSL },
};

enum { NO_MARK = GT_COUNT_OF(marks) };

static enum gt_tls_library library_of(size_t mark)
{
	return mark < NO_MARK ? marks[mark].which : GT_TLS_UNKNOWN;
}

const char *gt_tls_library_name(enum gt_tls_library which)
{
	static const char *const names[] = {
		[GT_TLS_UNKNOWN] = "",	      [GT_TLS_GO] = "Go",
		[GT_TLS_RUSTLS] = "rustls",   [GT_TLS_BORINGSSL] = "BoringSSL",
		[GT_TLS_OPENSSL] = "OpenSSL", [GT_TLS_MBEDTLS] = "Mbed TLS",
		[GT_TLS_WOLFSSL] = "wolfSSL",
	};

	return names[which];
}

/* Which pairs of bytes begin a mark: one test a byte rejects nearly all. */
struct starts {
	uint8_t pairs[1 << 13];
};

static unsigned pair(const char *p)
{
	return (unsigned)(uint8_t)p[0] << 8 | (uint8_t)p[1];
}

static void make_starts(struct starts *s)
{
	memset(s, 0, sizeof(*s));
	for (size_t i = 0; i < GT_COUNT_OF(marks); i++)
		s->pairs[pair(marks[i].text) >> 3] |= (uint8_t)(1 << (pair(marks[i].text) & 7));
}

/* Gives the first mark in the table that is in the text, or `best` where that comes before it. */
static size_t scan(const struct starts *s, const char *p, size_t len, size_t best)
{
	for (size_t at = 0; at + 1 < len; at++) {
		unsigned two = pair(p + at);

		if (gt_likely(!(s->pairs[two >> 3] >> (two & 7) & 1)))
			continue;
		for (size_t i = 0; i < best; i++)
			if (gt_str_starts(gt_str_make(p + at, len - at), gt_str_of(marks[i].text)))
				best = i;
	}
	return best;
}

enum gt_tls_library gt_tls_library_in(const char *p, size_t len)
{
	struct starts s;

	make_starts(&s);
	return library_of(scan(&s, p, len, NO_MARK));
}

/* ---------------------------------------------------------------- files */

struct file {
	int fd;
	uint32_t n;
	size_t left; /* bytes that may still be scanned */
	ElfW(Phdr) headers[HEADERS_MAX];
};

static bool read_headers(struct file *f)
{
	ElfW(Ehdr) e;

	if (pread(f->fd, &e, sizeof(e), 0) != (ssize_t)sizeof(e) || memcmp(e.e_ident, ELFMAG, SELFMAG) != 0 ||
	    e.e_ident[EI_CLASS] != ELFCLASS64 || e.e_phentsize != sizeof(*f->headers) || e.e_phnum > HEADERS_MAX)
		return false;
	f->n = e.e_phnum;
	return pread(f->fd, f->headers, f->n * sizeof(*f->headers), (off_t)e.e_phoff) == (ssize_t)(f->n * sizeof(*f->headers));
}

/* The linker's note: of owner "Go", type 4 (cmd/internal/buildid). */
static bool is_go(const struct file *f)
{
	char note[512];

	for (uint32_t i = 0; i < f->n; i++) {
		ssize_t len;

		if (f->headers[i].p_type != PT_NOTE)
			continue;
		len = pread(f->fd, note, sizeof(note), (off_t)f->headers[i].p_offset);
		for (ssize_t at = 0; at + 16 <= len; at += 4)
			if (!memcmp(note + at, "\4\0\0\0", 4) && !memcmp(note + at + 8, "\4\0\0\0Go\0\0", 8))
				return true;
	}
	return false;
}

static size_t scan_segment(struct file *f, const struct starts *s, const ElfW(Phdr) * h, size_t best)
{
	char piece[OVERLAP + PIECE];
	uint64_t at = h->p_offset, end = h->p_offset + h->p_filesz;
	size_t kept = 0;

	while (at < end && f->left && best > 0) {
		size_t want = end - at < PIECE ? (size_t)(end - at) : PIECE;
		ssize_t n = pread(f->fd, piece + kept, want < f->left ? want : f->left, (off_t)at);

		if (n <= 0)
			break;
		at += (uint64_t)n;
		f->left -= (size_t)n;
		best = scan(s, piece, kept + (size_t)n, best);
		n += (ssize_t)kept;
		kept = n < OVERLAP ? (size_t)n : OVERLAP;
		memmove(piece, piece + n - kept, kept);
	}
	return best;
}

static enum gt_tls_library scan_file(struct file *f)
{
	size_t best = NO_MARK;
	bool has_data = false;
	struct starts s;

	make_starts(&s);
	for (int with_code = 0; with_code < 2 && !has_data; with_code++)
		for (uint32_t i = 0; i < f->n; i++) {
			const ElfW(Phdr) *h = &f->headers[i];

			/* old linkers put read-only data beside the code */
			if (h->p_type != PT_LOAD || h->p_flags & PF_W || (h->p_flags & PF_X && !with_code))
				continue;
			has_data |= h->p_filesz > 4096;
			best = scan_segment(f, &s, h, best);
		}
	return library_of(best);
}

enum gt_tls_library gt_tls_library_of(const char *path)
{
	struct file f = { .fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), .left = SCAN_MAX };
	enum gt_tls_library found = GT_TLS_UNKNOWN;

	if (f.fd < 0)
		return found;
	if (read_headers(&f))
		found = is_go(&f) ? GT_TLS_GO : scan_file(&f);
	close(f.fd);
	return found;
}
