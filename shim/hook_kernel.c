/*
 * Hooks calls that change what the process may do, or make another process that runs in its memory.
 *
 * prctl, syscall	a seccomp filter: gentap must know what it forbids (filter.h);
 * vfork, clone, syscall	a child that shares the memory, or that has a copy without fork's handlers (guard.h);
 * unshare, setns, syscall	calls that fail in a process with several threads (exporter_thread.h);
 * syscall		the end of the process (ending.h);
 * syscall		the close of a connection that gentap cannot read, as libuv makes it (opaque.h).
 *
 * The hooks of functions that return twice, or take any number of arguments, are jumps, as in hook_dl.c: a frame of the
 * hook would be destroyed between the two returns. The arguments stay where they are; the notes below see those that
 * are in registers.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "shim/ending.h"
#include "shim/exporter_thread.h"
#include "shim/filter.h"
#include "shim/guard.h"
#include "shim/hook_exec.h"
#include "shim/hook_kernel.h"
#include "shim/hooks.h"
#include "shim/opaque.h"
#include "shim/own_descriptors.h"
#include "shim/readable.h"
#include "shim/shared/bpf.h"
#include "shim/shared/clock.h"
#include "shim/shared/compiler.h"

/* Called and set by the jumps below. */
#define FOR_ASSEMBLY __attribute__((visibility("hidden"), used))

#define FILTER_REST_NS GT_NS_PER_S

#ifndef SYS_clone3
#define SYS_clone3 435
#endif

FOR_ASSEMBLY void gt_note_prctl(int option, unsigned long mode, const void *program);
FOR_ASSEMBLY void gt_note_vfork(void);
FOR_ASSEMBLY void gt_note_clone(const void *function, const void *stack, int flags);
FOR_ASSEMBLY void gt_note_syscall(long nr, unsigned long a, unsigned long b, const void *c);

static void may_be_vforked(void)
{
	if (gt_was_awake() && gt_self.doubt != GT_MAYBE_CONCURRENT)
		gt_self.doubt = GT_MAYBE_VFORKED;
}

static void may_be_cloned(unsigned long flags)
{
	if (flags & CLONE_THREAD || !gt_was_awake() || gt_self.doubt == GT_MAYBE_CONCURRENT)
		return;
	gt_self.doubt = !(flags & CLONE_VM) ? GT_MAYBE_FORKED : flags & CLONE_VFORK ? GT_MAYBE_VFORKED : GT_MAYBE_CONCURRENT;
}

static void will_be_alone(void)
{
	if (gt_was_awake() && !gt_self.depth && gt_is_owner())
		gt_exporter_thread_leave_alone();
}

/* unshare(2): these fail in a process with several threads */
static void will_unshare(int flags)
{
	if (flags & (CLONE_THREAD | CLONE_SIGHAND | CLONE_VM | CLONE_NEWUSER))
		will_be_alone();
}

GT_EXPORT int unshare(int flags)
{
	will_unshare(flags);
	return gt_real.unshare(flags);
}

/* setns(2) too, for most namespaces: threads share their folder, their user and their clocks. */
GT_EXPORT int setns(int fd, int type)
{
	will_be_alone();
	return gt_real.setns(fd, type);
}

/* A vfork child may filter itself before it executes another program; the memory is the parent's. */
static void is_filtered(unsigned mode, const void *program, bool is_for_all_threads)
{
	if (!gt_was_awake())
		return;
	if (!gt_is_owner() && !gt_is_copy()) {
		if (gt_self.doubt == GT_MAYBE_VFORKED)
			gt_self.doubt = GT_FILTERED;
		return;
	}
	/* a filter for all threads would meet the exporter in the middle of its work */
	if (is_for_all_threads && !gt_is_copy())
		gt_exporter_thread_rest(FILTER_REST_NS);
	gt_filter_install(mode, program, is_for_all_threads);
}

void gt_note_prctl(int option, unsigned long mode, const void *program)
{
	if (option == PR_SET_SECCOMP && mode == SECCOMP_MODE_STRICT)
		is_filtered(SECCOMP_SET_MODE_STRICT, NULL, false);
	else if (option == PR_SET_SECCOMP && mode == SECCOMP_MODE_FILTER)
		is_filtered(SECCOMP_SET_MODE_FILTER, program, false);
}

void gt_note_vfork(void)
{
	may_be_vforked();
}

void gt_note_clone(const void *function, const void *stack, int flags)
{
	(void)function;
	(void)stack;
	may_be_cloned((unsigned)flags);
}

void gt_note_syscall(long nr, unsigned long a, unsigned long b, const void *c)
{
	int saved = errno;

	switch (nr) {
	case SYS_seccomp:
		if (a == SECCOMP_SET_MODE_STRICT || a == SECCOMP_SET_MODE_FILTER)
			is_filtered((unsigned)a, c, b & SECCOMP_FILTER_FLAG_TSYNC);
		break;
	case SYS_prctl:
		gt_note_prctl((int)a, b, c);
		break;
#ifdef SYS_vfork
	case SYS_vfork:
		may_be_vforked();
		break;
	case SYS_fork:
		may_be_cloned(0);
		break;
#endif
	case SYS_clone:
		may_be_cloned(a);
		break;
	case SYS_execve:
		gt_exec_by_number(AT_FDCWD, (const char *)a);
		break;
	case SYS_execveat:
		gt_exec_by_number((int)a, (const char *)b);
		break;
	case SYS_close:
		if (gt_unlikely(atomic_load_explicit(&gt_opaque_open, memory_order_relaxed)) && gt_numbers_are_shared())
			gt_opaque_close((int)a);
		break;
	case SYS_exit_group:
		gt_ending(GT_ENDING_AT_ONCE);
		break;
	case SYS_unshare:
		will_unshare((int)a);
		break;
	case SYS_setns:
		will_be_alone();
		break;
	case SYS_clone3: /* the flags are the first member; a bad pointer makes no process */
		if (gt_was_awake() && gt_is_readable((const void *)a, sizeof(uint64_t)))
			may_be_cloned(*(const uint64_t *)a);
		break;
	}
	errno = saved;
}

/* For a process without the function, which cannot call it by linking. */
static long missing(void)
{
	errno = ENOSYS;
	return -1;
}

/* Each jump's target: NULL until the constructor, or until an earlier call. Only one value is ever written. */
#define TARGET(name)                                            \
	FOR_ASSEMBLY void *gt_real_##name;                      \
	FOR_ASSEMBLY void gt_resolve_##name(void);              \
	GT_COLD void gt_resolve_##name(void)                    \
	{                                                       \
		int saved = errno;                              \
		void *real = dlsym(RTLD_NEXT, #name);           \
                                                                \
		gt_real_##name = real ? real : (void *)missing; \
		errno = saved;                                  \
	}

TARGET(prctl)
TARGET(syscall)
TARGET(vfork)
TARGET(clone)

GT_COLD void gt_kernel_init(void)
{
	gt_resolve_prctl();
	gt_resolve_syscall();
	gt_resolve_vfork();
	gt_resolve_clone();
}

#define TEXT_(x) #x
#define TEXT(x)	 TEXT_(x)

#if defined(__x86_64__)
/* Six argument registers, and rax: its low byte counts the vector registers of a variadic call. Seven pushes align the
 * stack. */
#define CALL_C(function)                                                                     \
	"	push %rdi\n	push %rsi\n	push %rdx\n	push %rcx\n	push %r8\n	push %r9\n	push %rax\n" \
	"	call " function "\n"                                                         \
	"	pop %rax\n	pop %r9\n	pop %r8\n	pop %rcx\n	pop %rdx\n	pop %rsi\n	pop %rdi\n"

/* `look` goes to 0 for a call that needs no note. */
#define JUMP(name, look)                                                                                           \
	__asm__(".text\n"                                                                                          \
		".globl " #name "\n"                                                                               \
		".type " #name ", @function\n" #name ":\n"                                                         \
		"	endbr64\n" look CALL_C("gt_note_" #name) "0:	mov gt_real_" #name "(%rip), %r11\n"       \
								 "	test %r11, %r11\n"                              \
								 "	jz 1f\n"                                        \
								 "	jmp *%r11\n"                                    \
								 "1:\n" CALL_C("gt_resolve_" #name) "	jmp 0b\n"    \
												    ".size " #name \
												    ", .-" #name "\n")

#define UNLESS(number)	 "	cmp $" TEXT(number) ", %edi\n	jne 0f\n"
#define IF_EQUAL(number) "	cmp $" TEXT(number) ", %rdi\n	je 2f\n"
#define OTHERWISE	 "	jmp 0f\n2:\n"
/* clone, fork and vfork are three neighbours */
#define IF_CLONE "	lea -" TEXT(SYS_clone) "(%rdi), %r11\n	cmp $2, %r11\n	jbe 2f\n"
#elif defined(__aarch64__)
/* Eight argument registers, x8 and the return address. hint 34 is `bti c`, where an indirect call may land. */
#define CALL_C(function)                                                                             \
	"	stp x29, x30, [sp, #-96]!\n	mov x29, sp\n	stp x0, x1, [sp, #16]\n	stp x2, x3, [sp, #32]\n" \
	"	stp x4, x5, [sp, #48]\n	stp x6, x7, [sp, #64]\n	str x8, [sp, #80]\n"                       \
	"	bl " function "\n"                                                                   \
	"	ldr x8, [sp, #80]\n	ldp x6, x7, [sp, #64]\n	ldp x4, x5, [sp, #48]\n"                       \
	"	ldp x2, x3, [sp, #32]\n	ldp x0, x1, [sp, #16]\n	ldp x29, x30, [sp], #96\n"

#define JUMP(name, look)                                                                                            \
	__asm__(".text\n"                                                                                           \
		".globl " #name "\n"                                                                                \
		".type " #name ", %function\n" #name ":\n"                                                          \
		"	hint #34\n" look CALL_C("gt_note_" #name) "0:	adrp x16, gt_real_" #name "\n"              \
								  "	ldr x16, [x16, #:lo12:gt_real_" #name "]\n" \
								  "	cbz x16, 1f\n"                                  \
								  "	br x16\n"                                       \
								  "1:\n" CALL_C("gt_resolve_" #name) "	b 0b\n"      \
												     ".size " #name \
												     ", .-" #name "\n")

#define UNLESS(number)	 "	cmp w0, #" TEXT(number) "\n	b.ne 0f\n"
#define IF_EQUAL(number) "	cmp x0, #" TEXT(number) "\n	b.eq 2f\n"
#define OTHERWISE	 "	b 0f\n2:\n"
#define IF_CLONE	 IF_EQUAL(SYS_clone)
#else
#error "these tail jumps have to be written for this processor"
#endif

JUMP(prctl, UNLESS(PR_SET_SECCOMP));
JUMP(syscall, IF_CLONE IF_EQUAL(SYS_seccomp) IF_EQUAL(SYS_unshare) IF_EQUAL(SYS_setns) IF_EQUAL(SYS_clone3) IF_EQUAL(SYS_prctl)
		      IF_EQUAL(SYS_execve) IF_EQUAL(SYS_execveat) IF_EQUAL(SYS_exit_group) IF_EQUAL(SYS_close) OTHERWISE);
JUMP(vfork, "");
JUMP(clone, "");
