/*
 * What seccomp filters allow gentap to do: fills the gate (shared/gate.h).
 *
 * gentap sees a filter when the program installs it with libc's prctl or syscall, as libseccomp does. It then runs the
 * filter's program on each call of calls.def. A filter that was there before the program, or that came by a system
 * call of the program's own, shows in /proc/thread-self/status only. Then gentap is careful: it leaves RARE calls out.
 * The loader has made the calls that read this file, under the same filter.
 *
 * A container's filter is such a filter too. Docker, Podman and Kubernetes answer with errors, so it gives no reason to
 * be careful.
 */
#ifndef GT_FILTER_H
#define GT_FILTER_H

#include <stdbool.h>

struct sock_fprog;

/* Before the program installs a filter (`mode` of seccomp(2): SECCOMP_SET_MODE_STRICT or SECCOMP_SET_MODE_FILTER). Any
 * application thread; keeps errno. An install that then fails leaves the gate closed. */
void gt_filter_install(unsigned mode, const struct sock_fprog *program, bool is_for_all_threads);

/* Looks for other filters, once per process. On an application thread, before it starts the exporter's. Keeps errno.
 * False when the process has no free descriptor to look with: ask again later. */
bool gt_filter_look(void);

/* Is it the container's filter? On the exporter's thread. */
void gt_filter_look_at_container(void);

#endif
