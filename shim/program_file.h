/*
 * An executable file before the kernel runs it: what loads it, and what it needs first.
 *
 * A function of bytes. Every offset in the file is checked: the kernel and the loader reject a damaged file, and gentap
 * must not crash on it. ELF(5), execve(2) for scripts.
 */
#ifndef GT_PROGRAM_FILE_H
#define GT_PROGRAM_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A file's bytes. */
struct gt_program_bytes {
	/* Copies up to `len` bytes at `offset`. Returns how many. */
	size_t (*read)(const struct gt_program_bytes *b, uint64_t offset, void *to, size_t len);
};

enum gt_program_kind {
	GT_PROGRAM_UNKNOWN, /* damaged, for another processor, or of a format that gentap does not know */
	GT_PROGRAM_SCRIPT,  /* begins with #! */
	GT_PROGRAM_STATIC,  /* ELF; no loader runs */
	GT_PROGRAM_DYNAMIC, /* ELF */
};

#define GT_PROGRAM_INTERPRETER_ROOM 256 /* the kernel reads that much of a script's line */

struct gt_program {
	enum gt_program_kind kind;
	/* A script's program, or the loader. Else empty. */
	char interpreter[GT_PROGRAM_INTERPRETER_ROOM];
	/* It needs a library that must come first: the runtime of the address sanitizer ends the program where
	 * another library is preloaded. */
	bool needs_to_be_first;
};

void gt_program_read(struct gt_program *p, const struct gt_program_bytes *b);

#endif
