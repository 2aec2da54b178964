/*
 * The gate: every system call that gentap makes and the program does not goes through it.
 *
 * A program may run under a seccomp filter that ends the process for a call that the filter's author did not expect.
 * calls.def lists all calls of gentap, those of libc and libcurl on its threads included. For each the gate keeps
 * whether it may be made: by application threads, which may be filtered, and by gentap's threads, which inherit the
 * filters of the thread that started them. shim/filter.c closes calls; a kernel that lacks a call closes it too.
 *
 * The preload owns the gate and lends it to the exporter (exporter_host.h). Any thread, any time; atomics only.
 */
#ifndef GT_GATE_H
#define GT_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "shim/shared/bpf.h"

enum gt_gate_call {
#define GT_CALL(name, nr, arguments, threads, need, purpose, without) GT_CALL_##name,
#include "shim/shared/calls.def"
	GT_CALLS
};

/* What a call is needed for; see calls.def. */
enum gt_need { GT_NEED_COMMON, GT_NEED_RARE, GT_NEED_SPOOL, GT_NEED_START, GT_NEED_NET, GT_NEED_LOOKUP };

enum gt_side { GT_SIDE_APP, GT_SIDE_OWN, GT_SIDES };

#define GT_GATE_WORDS ((GT_CALLS + 63) / 64)

struct gt_gate {
	_Atomic uint64_t closed[GT_SIDES][GT_GATE_WORDS]; /* a bit per call */
	_Atomic bool is_careful;			  /* RARE and SPOOL calls are closed too */
	_Atomic int process;				  /* its number; 0 before the constructor */
	bool (*is_own)(void);				  /* is the caller one of gentap's threads? NULL: it is not */
};

extern struct gt_gate gt_gate_here;

/* Uses the gate of the other library from now on. Borrows it for ever. Before other threads use the gate. */
void gt_gate_share(struct gt_gate *other);

/* The number of this process, with a system call only before the constructor. In a vfork child it is the parent's. */
int gt_gate_process(void);

/* For threads of that side. */
bool gt_gate_is_open_to(enum gt_side side, enum gt_gate_call call);

/* For the caller. */
bool gt_gate_is_open(enum gt_gate_call call);

/* As syscall(2): the result, or -1 and errno. A closed call fails with EPERM. The arguments are numbers or pointers. */
#define gt_gate(call, ...) gt_gate_pass(GT_CALL_##call, (const long[6]){ GT_LONGS(__VA_ARGS__) })

long gt_gate_pass(enum gt_gate_call call, const long arguments[6]);

/* The name of the first call of that need which is closed to that side, a literal; NULL when all are open. For
 * GT_NEED_START the side is that of the thread that starts another: its filters are inherited. */
const char *gt_gate_missing(enum gt_side side, enum gt_need need);

/* Closes what a filter forbids: calls that it answers with a signal or the end of the process. `program` NULL: all
 * calls, for seccomp's strict mode. */
void gt_gate_filter(enum gt_side side, const struct sock_filter *program, uint32_t n);

/* A filter that gentap does not know is in force: closes the RARE and SPOOL calls on both sides, or opens them again. */
void gt_gate_set_careful(bool is_careful);

/* On the thread that starts one of gentap's: the new thread inherits its filters. */
void gt_gate_inherit(void);

/* The arguments of a variadic macro as longs, at most six. */
#define GT_LONGS(...)			       GT_LONGS_(0 __VA_OPT__(, ) __VA_ARGS__, 6, 5, 4, 3, 2, 1, 0)(__VA_ARGS__)
#define GT_LONGS_(z, a, b, c, d, e, f, n, ...) GT_LONGS##n
#define GT_LONGS0()			       0
#define GT_LONGS1(a)			       (long)(a)
#define GT_LONGS2(a, ...)		       (long)(a), GT_LONGS1(__VA_ARGS__)
#define GT_LONGS3(a, ...)		       (long)(a), GT_LONGS2(__VA_ARGS__)
#define GT_LONGS4(a, ...)		       (long)(a), GT_LONGS3(__VA_ARGS__)
#define GT_LONGS5(a, ...)		       (long)(a), GT_LONGS4(__VA_ARGS__)
#define GT_LONGS6(a, ...)		       (long)(a), GT_LONGS5(__VA_ARGS__)

#endif
