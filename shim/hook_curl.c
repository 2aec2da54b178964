/*
 * libcurl's easy interface. Each hook records what the application asked for and calls the real function inside the
 * guard. libcurl calls its own exported functions, and what it sends through the layers below is not another
 * exchange.
 *
 * Creation, reset, duplication and cleanup of a handle and its options are recorded also when nested. Otherwise the
 * state of an address could belong to an earlier handle.
 */
#include <stdarg.h>

#include "shim/curl_easy.h"
#include "shim/curl_transfer.h"
#include "shim/guard.h"
#include "shim/hooks.h"

typedef void *init_fn(void);
typedef int setopt_fn(void *easy, int option, ...);
typedef int perform_fn(void *easy);
typedef void void_fn(void *easy);
typedef void *dup_fn(void *easy);
typedef int pause_fn(void *easy, int mask);

#define CURLE_FAILED_INIT 2 /* libcurl's result when it cannot work */

#define REAL(name) gt_foreign(gt_caller_of(__builtin_return_address(0)), GT_FOREIGN_##name)

GT_EXPORT void *curl_easy_init(void)
{
	const struct gt_caller *caller = gt_caller_of(__builtin_return_address(0));
	init_fn *real = (init_fn *)gt_foreign(caller, GT_FOREIGN_curl_easy_init);
	struct gt_hook h;
	void *easy;

	if (!real)
		return NULL;
	if (!gt_hook_enter_to_note(&h))
		return real();
	easy = real();
	gt_hook_real_done(&h);
	if (easy)
		gt_easy_created(easy, caller);
	gt_hook_leave(&h);
	return easy;
}

/* The option's number tells the type of its argument (curl.h): below 10000 a long, from 30000 a curl_off_t, else a
 * pointer. */
static bool takes_long(int option)
{
	return option < 10000;
}

static bool takes_offset(int option)
{
	return option >= 30000 && option < 40000;
}

GT_EXPORT int curl_easy_setopt(void *easy, int option, ...)
{
	setopt_fn *real = (setopt_fn *)REAL(curl_easy_setopt);
	struct gt_easy *e = NULL;
	void *pointer = NULL;
	int64_t offset = 0;
	long number = 0;
	bool forward = true;
	va_list args;

	if (!real)
		return CURLE_FAILED_INIT;
	va_start(args, option);
	if (takes_long(option))
		number = va_arg(args, long);
	else if (takes_offset(option))
		offset = va_arg(args, int64_t);
	else
		pointer = va_arg(args, void *);
	va_end(args);
	/* also when nested: an application may change options in any callback; libcurl's own handles are unknown here */
	if (gt_was_awake())
		e = gt_easy_find(easy);
	if (e && takes_long(option))
		gt_easy_note_number(e, option, number);
	else if (e && takes_offset(option))
		gt_easy_note_number(e, option, offset);
	else if (e)
		forward = gt_easy_note_pointer(e, option, &pointer);
	if (!forward)
		return 0;
	if (takes_long(option))
		return real(easy, option, number);
	if (takes_offset(option))
		return real(easy, option, offset);
	return real(easy, option, pointer);
}

GT_EXPORT int curl_easy_perform(void *easy)
{
	perform_fn *real = (perform_fn *)REAL(curl_easy_perform);
	struct gt_easy *e;
	struct gt_hook h;
	bool begun;
	int ret;

	if (!real)
		return CURLE_FAILED_INIT;
	if (!gt_hook_enter_to_undo(&h))
		return real(easy);
	e = gt_easy_find(easy);
	begun = e && gt_easy_begin(e, NULL);
	errno = h.saved_errno;
	ret = real(easy);
	gt_hook_real_done(&h);
	if (begun)
		gt_easy_finish(e, ret);
	gt_hook_leave(&h);
	return ret;
}

GT_EXPORT void curl_easy_reset(void *easy)
{
	void_fn *real = (void_fn *)REAL(curl_easy_reset);
	struct gt_easy *e;
	struct gt_hook h;

	if (!real)
		return;
	if (!gt_hook_enter_to_note(&h)) {
		real(easy);
		return;
	}
	e = gt_easy_find(easy);
	if (e)
		gt_easy_remove(e);
	real(easy);
	gt_hook_real_done(&h);
	if (e)
		gt_easy_note_reset(e);
	gt_hook_leave(&h);
}

GT_EXPORT void *curl_easy_duphandle(void *easy)
{
	const struct gt_caller *caller = gt_caller_of(__builtin_return_address(0));
	dup_fn *real = (dup_fn *)gt_foreign(caller, GT_FOREIGN_curl_easy_duphandle);
	struct gt_easy *e;
	struct gt_hook h;
	void *copy;

	if (!real)
		return NULL;
	if (!gt_hook_enter_to_note(&h))
		return real(easy);
	copy = real(easy);
	gt_hook_real_done(&h);
	e = gt_easy_find(easy);
	if (copy && e)
		gt_easy_note_duplicate(e, copy, caller);
	else if (copy)
		gt_easy_forget(copy); /* its options are unknown: ignore it */
	gt_hook_leave(&h);
	return copy;
}

GT_EXPORT void curl_easy_cleanup(void *easy)
{
	void_fn *real = (void_fn *)REAL(curl_easy_cleanup);
	struct gt_hook h;

	if (!real)
		return;
	if (!gt_hook_enter_to_note(&h)) {
		real(easy);
		return;
	}
	gt_easy_before_cleanup(easy);
	real(easy);
	gt_hook_real_done(&h);
	gt_easy_forget(easy);
	gt_hook_leave(&h);
}

GT_EXPORT int curl_easy_pause(void *easy, int mask)
{
	pause_fn *real = (pause_fn *)REAL(curl_easy_pause);
	struct gt_hook h;
	int ret;

	if (!real)
		return CURLE_FAILED_INIT;
	/* libcurl may pass held-back data to the write function at once */
	if (!gt_hook_enter(&h))
		return real(easy, mask);
	ret = real(easy, mask);
	gt_hook_real_done(&h);
	gt_hook_leave(&h);
	return ret;
}
