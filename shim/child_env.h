/*
 * The environment of a program that this process starts, when it lacks gentap: MCP's SDKs, `env -i` and others start
 * programs with a list of their own.
 *
 *	struct gt_child_env e;
 *
 *	if (gt_child_env_lacks(&e, envp) && gt_follow_takes(...)) {
 *		char *room[e.room];
 *		execve(path, argv, gt_child_env_lay(&e, room));
 *	}
 *
 * An environment lacks gentap when LD_PRELOAD does not name the library. It then gets
 *
 *	* the library, in LD_PRELOAD, before what is there (shared/preload_list.h);
 *	* the variables GENTAP_* and OTEL_* that gentap reads, each where the environment does not name it. The values are
 *	  those at the start of this process. Some belong together, and are given together or not at all: where spans go,
 *	  how and with whose credentials (OTEL_EXPORTER_OTLP_*_ENDPOINT, _PROTOCOL, _INSECURE, _HEADERS, _CERTIFICATE,
 *	  _CLIENT_KEY, _CLIENT_CERTIFICATE), and the file of a run with its mark. Credentials of one destination do
 *	  not go to another.
 *
 * All else stays, in its order, duplicates included. An environment that switches gentap off is complete. Of several
 * LD_PRELOAD the last counts, as for the loader. TRACEPARENT is not given yet; its place is in given().
 *
 * The caller's stack is the only memory: in a vfork child that is the parent's, and others may run in it. Any
 * thread; no lock, no allocation, nothing is written. Keeps errno.
 */
#ifndef GT_CHILD_ENV_H
#define GT_CHILD_ENV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "shim/shared/env.h"
#include "shim/shared/str.h"

/* What is larger is passed on as it is: these are on the stack, and a stack may have 16 KB. */
#define GT_CHILD_VARIABLES_MAX 512
#define GT_CHILD_PRELOAD_MAX   2048

struct gt_child_env {
	char *const *envp; /* the caller's; NULL is an empty one, as for the kernel */
	size_t n;	   /* its variables */
	size_t preload_at; /* the place of LD_PRELOAD; n: it has none */
	struct gt_str preload;
	uint64_t given[(GT_ENV_COUNT + 63) / 64]; /* a bit for each variable */
	size_t room;				  /* pointers that gt_child_env_lay needs */
};

/* True when the environment lacks gentap and gentap can give it. False without a look when programs are not followed
 * (follow.h). A bad pointer gives false: the kernel will find it. Borrows `envp`. */
bool gt_child_env_lacks(struct gt_child_env *e, char *const envp[]);

/* Writes the environment to `room`, which has room for e->room pointers. Returns it. It borrows the caller's strings. */
char *const *gt_child_env_lay(const struct gt_child_env *e, char *room[]);

/* Would these arguments and the new environment come near the least limit of any kernel, 128 KB? For a caller that
 * cannot repeat a call that has failed for its length. */
bool gt_child_env_is_large(const struct gt_child_env *e, char *const argv[]);

#endif
