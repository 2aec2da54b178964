/*
 * What libcurl and mbedTLS ask and change of the whole process.
 *
 * The process is the program's. Its number is known without a system call, which a seccomp filter may forbid. Signal
 * handlers are not changed: libcurl would ignore SIGPIPE for a moment, in all threads. The exporter's thread blocks
 * that signal.
 *
 * The linker replaces these functions (--wrap), in libgentap-exporter.so only.
 */
#ifndef GT_OWN_PROCESS_H
#define GT_OWN_PROCESS_H

#include <signal.h>
#include <sys/types.h>

pid_t __wrap_getpid(void);
int __wrap_sigaction(int signal, const struct sigaction *action, struct sigaction *before);

#endif
