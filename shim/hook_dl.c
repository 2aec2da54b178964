/*
 * Hooks dlopen, to clear RTLD_DEEPBIND where that lets gentap see a library's calls and changes nothing else (scope.h).
 * GENTAP_KEEP_DEEPBIND=1 keeps it everywhere. On musl, and in PHP under the address sanitizer, the flag is never set.
 *
 * The real dlopen finds its caller by the return address on the stack and searches that object's RUNPATH. So the hook
 * must not be on the stack: it changes the flags in their register and jumps. A C wrapper would break plugins that are
 * found only by RUNPATH, even if the compiler emits a jump today. A check on the finished binary verifies the jump.
 *
 * Hooks dlclose, because after it the functions that gentap found may be gone (resolved.h). Not before it: a destructor may
 * wait for a thread that makes hooked calls, and a look-up may wait for the loader's lock, which dlclose holds.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>

#include "shim/hook_dl.h"
#include "shim/hooks.h"
#include "shim/resolved.h"
#include "shim/scope.h"
#include "shim/shared/compiler.h"
#include "shim/ssl_copies.h"

/* Where to jump; NULL until the first call or the constructor. Only one value is ever written. */
__attribute__((visibility("hidden"), used)) void *gt_real_dlopen;

static bool may_clear; /* written once, by the constructor */

__attribute__((visibility("hidden"), used)) int gt_dlopen_flags(const char *file, int flags);

static void resolve(void)
{
	if (!gt_real_dlopen)
		gt_real_dlopen = dlsym(RTLD_NEXT, "dlopen");
}

/* The flags for the real dlopen. */
GT_COLD int gt_dlopen_flags(const char *file, int flags)
{
	int saved = errno;

	resolve();
	/* the new object may get the addresses of one whose end the hook of dlclose did not see */
	gt_resolved_check();
	if (flags & RTLD_DEEPBIND && may_clear && gt_scope_may_open(file))
		flags &= ~RTLD_DEEPBIND;
	gt_ssl_copies_note_open(file, flags & RTLD_DEEPBIND);
	errno = saved;
	return flags;
}

void gt_dlopen_init(bool keep_deepbind)
{
	resolve();
	may_clear = !keep_deepbind;
}

void *gt_dlopen(const char *file, int flags)
{
	void *(*real)(const char *, int);

	resolve();
	*(void **)&real = gt_real_dlopen;
	return real ? real(file, flags) : NULL;
}

GT_EXPORT int dlclose(void *handle)
{
	int ret = gt_real.dlclose(handle), saved = errno;

	gt_resolved_check();
	gt_ssl_copies_check();
	errno = saved;
	return ret;
}

#if defined(__x86_64__)
/* arguments: rdi file, esi flags. At the entry the stack is misaligned by 8; two pushes and 8 more bytes align it for
 * the call. */
__asm__(".text\n"
	".globl dlopen\n"
	".type dlopen, @function\n"
	"dlopen:\n"
	"	endbr64\n"
	"	push %rdi\n"
	"	push %rsi\n"
	"	sub $8, %rsp\n"
	"	call gt_dlopen_flags\n"
	"	add $8, %rsp\n"
	"	pop %rsi\n"
	"	pop %rdi\n"
	"	mov %eax, %esi\n"
	"	mov gt_real_dlopen(%rip), %rax\n"
	"	jmp *%rax\n"
	".size dlopen, .-dlopen\n");
#elif defined(__aarch64__)
/* arguments: x0 file, w1 flags; hint 34 is `bti c` */
__asm__(".text\n"
	".globl dlopen\n"
	".type dlopen, %function\n"
	"dlopen:\n"
	"	hint #34\n"
	"	stp x29, x30, [sp, #-32]!\n"
	"	mov x29, sp\n"
	"	str x0, [sp, #16]\n"
	"	bl gt_dlopen_flags\n"
	"	mov w1, w0\n"
	"	ldr x0, [sp, #16]\n"
	"	ldp x29, x30, [sp], #32\n"
	"	adrp x16, gt_real_dlopen\n"
	"	ldr x16, [x16, #:lo12:gt_real_dlopen]\n"
	"	br x16\n"
	".size dlopen, .-dlopen\n");
#else
#error "dlopen's tail jump has to be written for this processor"
#endif
