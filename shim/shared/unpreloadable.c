#include "shim/shared/unpreloadable.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>

#include "shim/shared/gate.h"
#include "shim/shared/str.h"

#define HEAD	  1024 /* bytes: the head of an ELF file and, at its usual place, the program headers */
#define NOTE	  512  /* bytes: of a segment of notes, more than Go needs */
#define LINE_MAX_ 128  /* of the path of an interpreter */

#ifdef __x86_64__
#define MACHINE EM_X86_64
#else
#define MACHINE EM_AARCH64
#endif

const char *gt_unpreloadable_head(const char *p, size_t len)
{
	ElfW(Ehdr) e;
	ElfW(Phdr) h;

	if (len < sizeof(e) || memcmp(p, ELFMAG, SELFMAG) != 0)
		return NULL;
	memcpy(&e, p, sizeof(e));
	if (e.e_ident[EI_CLASS] != ELFCLASS64 || e.e_machine != MACHINE)
		return "foreign";
	if ((e.e_type != ET_EXEC && e.e_type != ET_DYN) || e.e_phentsize != sizeof(h) || !e.e_phnum)
		return NULL;
	for (size_t i = 0; i < e.e_phnum; i++) {
		if (e.e_phoff > len || len - e.e_phoff < (i + 1) * sizeof(h))
			return NULL; /* not all of them are in these bytes */
		memcpy(&h, p + e.e_phoff + i * sizeof(h), sizeof(h));
		if (h.p_type == PT_INTERP)
			return NULL;
	}
	return "static";
}

/* The linker's note: of owner "Go", type 4 (cmd/internal/buildid). */
static bool is_go_note(const char *p, size_t len)
{
	for (size_t at = 0; at + 16 <= len; at += 4)
		if (!memcmp(p + at, "\4\0\0\0", 4) && !memcmp(p + at + 8, "\4\0\0\0Go\0\0", 8))
			return true;
	return false;
}

/* Of a program with a loader. */
static bool is_go(int fd, const char *head, size_t len)
{
	char note[NOTE];
	ElfW(Ehdr) e;
	ElfW(Phdr) h;
	long n;

	if (len < sizeof(e) || memcmp(head, ELFMAG, SELFMAG) != 0 || head[EI_CLASS] != ELFCLASS64)
		return false;
	memcpy(&e, head, sizeof(e));
	for (size_t i = 0; i < e.e_phnum && e.e_phoff <= len && len - e.e_phoff >= (i + 1) * sizeof(h); i++) {
		memcpy(&h, head + e.e_phoff + i * sizeof(h), sizeof(h));
		if (h.p_type != PT_NOTE)
			continue;
		n = gt_gate(program_read, fd, note, NOTE, h.p_offset);
		if (n > 0 && is_go_note(note, (size_t)n))
			return true;
	}
	return false;
}

/* `ld-linux-x86-64.so.2 program`: the loader has no loader, and preloads all the same. */
static bool is_loader(const char *path)
{
	const char *base = strrchr(path, '/');

	return strncmp(base ? base + 1 : path, "ld-", 3) == 0;
}

static bool is_privileged(const struct stat *st)
{
	/* as the constructor's process: asking the kernel now would cost system calls */
	return (st->st_mode & S_ISUID && st->st_uid != getauxval(AT_EUID)) ||
	       ((st->st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) && st->st_gid != getauxval(AT_EGID));
}

/* The first bytes of a file. Returns their number, or -1; sets `why` when the file is a program that gentap is not
 * in. */
static long read_head(const char *path, char head[HEAD], const char **why)
{
	int fd = (int)gt_gate(program_open, AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	long n = -1;

	if (fd < 0)
		return -1;
	if (gt_gate(program_stat, fd, &st) == 0 && S_ISREG(st.st_mode)) {
		if (is_privileged(&st))
			*why = "privileged";
		n = gt_gate(program_read, fd, head, HEAD, 0);
		if (n > 0 && !*why)
			*why = gt_unpreloadable_head(head, (size_t)n);
		if (n > 0 && !*why && is_go(fd, head, (size_t)n))
			*why = "go";
	}
	gt_gate(program_close, fd);
	return n;
}

/* The path in a script's first line; empty when it has none that fits. */
static void interpreter(const char *head, size_t len, char out[LINE_MAX_])
{
	struct gt_str line = gt_str_make(head, gt_str_find(gt_str_make(head, len), '\n'));

	out[0] = 0;
	if (!gt_str_starts(line, GT_STR("#!")))
		return;
	line = gt_str_trim(gt_str_skip(line, 2));
	line.len = gt_str_find(line, ' ');
	if (line.len < LINE_MAX_)
		gt_str_copy(line, out, LINE_MAX_);
}

const char *gt_unpreloadable(const char *path)
{
	char head[HEAD], shell[LINE_MAX_];
	const char *why = NULL;
	long n = read_head(path, head, &why);

	if (n > 0 && !why) {
		interpreter(head, (size_t)n, shell);
		if (shell[0]) {
			path = shell;
			n = read_head(path, head, &why);
		}
	}
	return is_loader(path) && why && strcmp(why, "static") == 0 ? NULL : why;
}
