/*
 * Which proxy the environment names, by curl's rules. Pure.
 *
 * libcurl would find out by itself, with getenv, at every transfer: in a process that sets variables from other threads that
 * is a crash waiting to happen.
 */
#ifndef GT_PROXY_H
#define GT_PROXY_H

#include "shim/shared/str.h"

struct gt_proxy {
	struct gt_str url;	  /* empty: none */
	struct gt_str exceptions; /* hosts to reach directly, as in no_proxy */
};

/* `environment` is a block of terminated strings, as in /proc/self/environ: the variables as they were when the process
 * started. Slices of it. */
struct gt_proxy gt_proxy_find(struct gt_str environment, bool is_https);

#endif
