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
#include "shim/curl_state.h"
#include "shim/curl_transfer.h"
#include "shim/foreign.h"
#include "shim/guard.h"
#include "shim/hooks.h"

typedef void *init_fn(void);
typedef int setopt_fn(void *easy, int option, ...);
typedef int perform_fn(void *easy);
typedef void void_fn(void *easy);
typedef void *dup_fn(void *easy);
typedef int pause_fn(void *easy, int mask);

#define CURLE_FAILED_INIT 2 /* libcurl's result when it cannot work */

#define REAL(name) gt_foreign_fast(__builtin_return_address(0), GT_FOREIGN_##name)

GT_EXPORT void *curl_easy_init(void)
{
	init_fn *real = (init_fn *)REAL(curl_easy_init);
	struct gt_hook h;
	void *easy;

	if (!real)
		return NULL;
	if (!gt_hook_enter_to_note(&h))
		return real();
	gt_hook_real_begin(&h);
	easy = real();
	gt_hook_real_done(&h);
	if (easy)
		gt_easy_created(easy, __builtin_return_address(0));
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
	gt_hook_real_begin(&h);
	ret = real(easy);
	gt_hook_real_done(&h);
	if (begun)
		gt_easy_finish(e, ret);
	gt_hook_leave(&h);
	return ret;
}

/* libcurl from 8.22 on refuses to reset a handle in a callback of its transfer, without saying so. CURLOPT_PRIVATE
 * shows whether it did: a reset clears it. */
static bool reset_in_callback(struct gt_easy *e, void_fn *real, struct gt_hook *h)
{
	void *was = NULL, *is = NULL;

	if (!e->library.getinfo || e->library.getinfo(e->key, INFO_PRIVATE, &was) != CURLE_OK)
		return real(e->key), true;
	gt_easy_set_real(e, GT_CURLOPT_PRIVATE, e);
	gt_hook_real_begin(h);
	real(e->key);
	gt_hook_real_done(h);
	e->library.getinfo(e->key, INFO_PRIVATE, &is);
	if (is != e)
		return true;
	gt_easy_set_real(e, GT_CURLOPT_PRIVATE, was);
	return false;
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
	if (e && gt_easy_is_in_callback(e)) {
		if (reset_in_callback(e, real, &h))
			gt_easy_was_reset(e);
		gt_hook_leave(&h);
		return;
	}
	if (e)
		gt_easy_remove(e); /* before the call: afterwards the handle no longer knows its times */
	gt_hook_real_begin(&h);
	real(easy);
	gt_hook_real_done(&h);
	if (e)
		gt_easy_was_reset(e);
	gt_hook_leave(&h);
}

GT_EXPORT void *curl_easy_duphandle(void *easy)
{
	dup_fn *real = (dup_fn *)REAL(curl_easy_duphandle);
	struct gt_easy *e;
	struct gt_hook h;
	void *copy;

	if (!real)
		return NULL;
	if (!gt_hook_enter_to_note(&h))
		return real(easy);
	gt_hook_real_begin(&h);
	copy = real(easy);
	gt_hook_real_done(&h);
	e = gt_easy_find(easy);
	if (copy && e)
		gt_easy_note_duplicate(e, copy, __builtin_return_address(0));
	else if (copy)
		gt_easy_forget(copy); /* its options are unknown: ignore it */
	gt_hook_leave(&h);
	return copy;
}

GT_EXPORT void curl_easy_cleanup(void *easy)
{
	void_fn *real = (void_fn *)REAL(curl_easy_cleanup);
	struct gt_easy *e, *gone = NULL;
	struct gt_hook h;
	bool goes_on;

	if (!real)
		return;
	if (!gt_hook_enter_to_note(&h)) {
		real(easy);
		return;
	}
	e = gt_easy_find(easy);
	goes_on = e && gt_easy_is_in_callback(e) && gt_curl_refuses_cleanup(&e->library);
	if (!goes_on) {
		gt_easy_before_cleanup(easy);
		gone = gt_easy_unlink(easy); /* once the real call has freed the handle, its address is another thread's */
	}
	gt_hook_real_begin(&h);
	real(easy);
	gt_hook_real_done(&h);
	gt_easy_free(gone);
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
	gt_hook_real_begin(&h);
	ret = real(easy, mask);
	gt_hook_real_done(&h);
	gt_hook_leave(&h);
	return ret;
}
