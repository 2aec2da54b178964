/*
 * libcurl's multi interface. An added handle waits. Its transfer begins with the first call that runs transfers,
 * because libcurl reads the options then. It ends when the application reads its DONE message, removes the handle, or
 * cleans up the handle or the multi handle, whichever is first. The functions that only wait hold the guard and do
 * nothing else.
 */
#include "shim/curl_added.h"
#include "shim/curl_easy.h"
#include "shim/curl_state.h"
#include "shim/curl_transfer.h"
#include "shim/foreign.h"
#include "shim/guard.h"
#include "shim/hooks.h"
#include "shim/shared/compiler.h"

typedef int handle_fn(void *multi, void *easy);
typedef int perform_fn(void *multi, int *running);
typedef int poll_fn(void *multi, void *fds, unsigned n, int timeout_ms, int *numfds);
typedef int socket_action_fn(void *multi, int fd, int events, int *running);
typedef int socket_fn(void *multi, int fd, int *running);
typedef void *info_fn(void *multi, int *left);
typedef int cleanup_fn(void *multi);

#define CURLM_INTERNAL_ERROR 4
enum { CURLMSG_DONE = 1 };

/* struct CURLMsg of libcurl's stable ABI. */
struct curl_message {
	int msg;
	void *easy;
	union {
		void *whatever;
		int result;
	} data;
};

#define REAL(name) gt_foreign_fast(__builtin_return_address(0), GT_FOREIGN_##name)

/* The body of a hook that only keeps nested calls from being traced. */
#define GUARDED(call)                                \
	do {                                         \
		struct gt_hook h_;                   \
		int ret_;                            \
                                                     \
		if (!real)                           \
			return CURLM_INTERNAL_ERROR; \
		if (!gt_hook_enter(&h_))             \
			return call;                 \
		gt_hook_real_begin(&h_);             \
		ret_ = call;                         \
		gt_hook_real_done(&h_);              \
		gt_hook_leave(&h_);                  \
		return ret_;                         \
	} while (0)

/* Before a call that runs the transfers of `multi`. Also when nested: libcurl before 7.59 allows such a call from the
 * timer callback that curl_multi_add_handle calls. No handle ever waits in libcurl's own multi handles. */
static GT_COLD void begin_added(void *multi, const void *from)
{
	struct gt_hook h;

	if (!gt_hook_enter_to_note_from(&h, from))
		return;
	gt_easy_begin_added(multi);
	gt_hook_leave(&h);
}

#define BEGIN_ADDED(multi)                                               \
	do {                                                             \
		if (gt_unlikely(gt_added_any()))                         \
			begin_added(multi, __builtin_return_address(0)); \
	} while (0)

GT_EXPORT int curl_multi_add_handle(void *multi, void *easy)
{
	handle_fn *real = (handle_fn *)REAL(curl_multi_add_handle);
	struct gt_easy *e;
	struct gt_hook h;
	bool added;
	int ret;

	if (!real)
		return CURLM_INTERNAL_ERROR;
	if (!gt_hook_enter_to_undo(&h))
		return real(multi, easy);
	e = gt_easy_find(easy);
	added = e && gt_easy_add(e, multi);
	gt_hook_real_begin(&h);
	ret = real(multi, easy);
	gt_hook_real_done(&h);
	if (added && ret != 0)
		gt_easy_cancel(e);
	gt_hook_leave(&h);
	return ret;
}

GT_EXPORT int curl_multi_remove_handle(void *multi, void *easy)
{
	handle_fn *real = (handle_fn *)REAL(curl_multi_remove_handle);
	struct gt_easy *e;
	struct gt_hook h;
	int ret;

	if (!real)
		return CURLM_INTERNAL_ERROR;
	if (!gt_hook_enter_to_note(&h))
		return real(multi, easy);
	/* a nested call may be libcurl's own, at the end of curl_easy_perform */
	if (!h.is_nested && (e = gt_easy_find(easy)) && !gt_easy_is_in_callback(e))
		gt_easy_remove(e); /* before the call: afterwards the handle no longer knows its times */
	gt_hook_real_begin(&h);
	ret = real(multi, easy);
	gt_hook_real_done(&h);
	if (ret == 0 && (e = gt_easy_find(easy)))
		gt_easy_removed(e, multi);
	gt_hook_leave(&h);
	return ret;
}

GT_EXPORT void *curl_multi_info_read(void *multi, int *left)
{
	info_fn *real = (info_fn *)REAL(curl_multi_info_read);
	struct curl_message *msg;
	struct gt_easy *e;
	struct gt_hook h;

	if (!real)
		return NULL;
	if (!gt_hook_enter_to_undo(&h))
		return real(multi, left);
	gt_hook_real_begin(&h);
	msg = real(multi, left);
	gt_hook_real_done(&h);
	if (msg && msg->msg == CURLMSG_DONE && (e = gt_easy_find(msg->easy)))
		gt_easy_finish(e, msg->data.result);
	gt_hook_leave(&h);
	return msg;
}

GT_EXPORT int curl_multi_cleanup(void *multi)
{
	cleanup_fn *real = (cleanup_fn *)REAL(curl_multi_cleanup);
	struct gt_hook h;
	int ret;

	if (!real)
		return CURLM_INTERNAL_ERROR;
	if (!gt_hook_enter_to_note(&h))
		return real(multi);
	gt_easy_remove_all(multi);
	gt_hook_real_begin(&h);
	ret = real(multi);
	gt_hook_real_done(&h);
	gt_hook_leave(&h);
	return ret;
}

GT_EXPORT int curl_multi_perform(void *multi, int *running)
{
	perform_fn *real = (perform_fn *)REAL(curl_multi_perform);

	BEGIN_ADDED(multi);
	GUARDED(real(multi, running));
}

GT_EXPORT int curl_multi_poll(void *multi, void *fds, unsigned n, int timeout_ms, int *numfds)
{
	poll_fn *real = (poll_fn *)REAL(curl_multi_poll);

	GUARDED(real(multi, fds, n, timeout_ms, numfds));
}

GT_EXPORT int curl_multi_wait(void *multi, void *fds, unsigned n, int timeout_ms, int *numfds)
{
	poll_fn *real = (poll_fn *)REAL(curl_multi_wait);

	GUARDED(real(multi, fds, n, timeout_ms, numfds));
}

GT_EXPORT int curl_multi_socket_action(void *multi, int fd, int events, int *running)
{
	socket_action_fn *real = (socket_action_fn *)REAL(curl_multi_socket_action);

	BEGIN_ADDED(multi);
	GUARDED(real(multi, fd, events, running));
}

GT_EXPORT int curl_multi_socket_all(void *multi, int *running)
{
	perform_fn *real = (perform_fn *)REAL(curl_multi_socket_all);

	BEGIN_ADDED(multi);
	GUARDED(real(multi, running));
}

GT_EXPORT int curl_multi_socket(void *multi, int fd, int *running)
{
	socket_fn *real = (socket_fn *)REAL(curl_multi_socket);

	BEGIN_ADDED(multi);
	GUARDED(real(multi, fd, running));
}
