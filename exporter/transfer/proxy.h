/*
 * The proxy that the environment names, by curl's rules. Pure.
 *
 * libcurl itself would call getenv for every transfer. That can crash in a process whose other threads set variables.
 */
#ifndef GT_PROXY_H
#define GT_PROXY_H

#include "shim/shared/str.h"

struct gt_proxy {
	struct gt_str url;	  /* empty: no proxy */
	struct gt_str exceptions; /* hosts to reach directly, as in no_proxy */
};

/* `environment` is a block of NUL-terminated strings, as in /proc/self/environ: the variables at the start of the
 * process. The result is slices of it. */
struct gt_proxy gt_proxy_find(struct gt_str environment, bool is_https);

#endif
