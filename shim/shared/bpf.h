/*
 * Classic BPF as seccomp runs it (kernel: Documentation/userspace-api/seccomp_filter.rst): what a filter decides about
 * a system call.
 *
 * Pure. Loads read whole words of struct seccomp_data. The kernel checks a program when it is installed; a program
 * that would fail this check gets SECCOMP_RET_KILL_PROCESS here.
 */
#ifndef GT_BPF_H
#define GT_BPF_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdint.h>

/* Returns the program's action with its data. `n`: instructions. Ends after at most `n` steps: jumps only go forward. */
uint32_t gt_bpf_run(const struct sock_filter *program, uint32_t n, const struct seccomp_data *data);

#endif
