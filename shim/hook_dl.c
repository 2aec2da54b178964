/*
 * Hooks dlopen for one reason: RTLD_DEEPBIND.
 *
 * A library opened with that flag looks up its symbols in itself and its dependencies first, so no preload reaches
 * it. PHP up to 8.4 opens every extension that way, so gentap would not see its curl extension. The hook clears the
 * flag; GENTAP_KEEP_DEEPBIND=1 keeps it. On musl, and in PHP under the address sanitizer, the flag is never set.
 *
 * The real dlopen finds its caller by the return address on the stack and searches that object's RUNPATH. So the hook
 * must not be on the stack: it masks the flag in its register and jumps. A C wrapper would break plugins that are
 * found only by RUNPATH, even if the compiler emits a jump today. A check on the finished binary verifies the jump.
 *
 * Hooks dlclose, because after it the functions that gentap found may be gone (resolved.h).
 */
#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>

#include "shim/hook_dl.h"
#include "shim/hooks.h"
#include "shim/resolved.h"
#include "shim/shared/compiler.h"

/* Where to jump; NULL until the first call or the constructor. Only one value is ever written. */
__attribute__((visibility("hidden"), used)) void *gt_real_dlopen;

/* ANDed with the flags. */
__attribute__((visibility("hidden"), used)) int gt_dlopen_mask = -1;

__attribute__((visibility("hidden"), used)) void gt_resolve_dlopen(void);

GT_COLD void gt_resolve_dlopen(void)
{
	if (!gt_real_dlopen)
		gt_real_dlopen = dlsym(RTLD_NEXT, "dlopen");
}

void gt_dlopen_init(bool keep_deepbind)
{
	gt_resolve_dlopen();
	gt_dlopen_mask = keep_deepbind ? -1 : ~RTLD_DEEPBIND;
}

void *gt_dlopen(const char *file, int flags)
{
	void *(*real)(const char *, int);

	gt_resolve_dlopen();
	*(void **)&real = gt_real_dlopen;
	return real ? real(file, flags) : NULL;
}

GT_EXPORT int dlclose(void *handle)
{
	int ret = gt_real.dlclose(handle), saved = errno;

	gt_resolved_check();
	errno = saved;
	return ret;
}

#if defined(__x86_64__)
/* arguments: rdi file, esi flags. At 1 the stack is misaligned by 8; two pushes and 8 more bytes align it for the
 * call. */
__asm__(".text\n"
	".globl dlopen\n"
	".type dlopen, @function\n"
	"dlopen:\n"
	"	endbr64\n"
	"	mov gt_real_dlopen(%rip), %rax\n"
	"	test %rax, %rax\n"
	"	jz 1f\n"
	"0:	and gt_dlopen_mask(%rip), %esi\n"
	"	jmp *%rax\n"
	"1:	push %rdi\n"
	"	push %rsi\n"
	"	sub $8, %rsp\n"
	"	call gt_resolve_dlopen\n"
	"	add $8, %rsp\n"
	"	pop %rsi\n"
	"	pop %rdi\n"
	"	mov gt_real_dlopen(%rip), %rax\n"
	"	jmp 0b\n"
	".size dlopen, .-dlopen\n");
#else
#error "dlopen's tail jump has to be written for this processor"
#endif
