/*
 * The resource: attributes that describe this process and apply to all its spans. Made once, when the exporter starts.
 */
#ifndef GT_RESOURCE_H
#define GT_RESOURCE_H

#include "exporter/base/arena.h"
#include "exporter/base/config_value.h"
#include "exporter/span/span.h"

struct gt_resource_attribute {
	const char *key;
	struct gt_value value; /* STR, INT or STRS */
};

#define GT_RESOURCE_MAX 128

struct gt_resource {
	struct gt_resource_attribute attributes[GT_RESOURCE_MAX]; /* the first n; keys are unique */
	unsigned n;
	struct gt_arena memory;
};

/* The facts a resource is made from; tests supply their own. Strings may be NULL. process_facts.h collects them. */
struct gt_process_facts {
	int pid, parent_pid;
	const char *executable; /* path */
	char *const *argv;	/* NULL-terminated or NULL */
	const char *package;	/* names the program better than its arguments; or NULL: they name it */
	const char *cgroup;	/* contents of /proc/self/cgroup */
	const char *mountinfo;	/* contents of /proc/self/mountinfo */
	const char *hostname;
	const char *machine_id;
	const char *arch;	/* uname -m */
	const char *os_release; /* uname -r */
	const char *owner;
	uint64_t start_unix_ns; /* 0: unknown */
	uint8_t instance[16];	/* random; becomes service.instance.id; all zero: none */
	struct gt_arena memory; /* of the strings, if process_facts.h collected them */
};

/* Makes the resource. Merge order, later wins: gentap's own, process and host, container and Kubernetes, DD_* and VCS_*
 * aliases, OTEL_RESOURCE_ATTRIBUTES, OTEL_SERVICE_NAME. service.name falls back to the name of the script or
 * executable. Borrows nothing after the call. 0 or GT_ENOMEM; call gt_resource_free after either. */
int gt_resource_make(struct gt_resource *r, const struct gt_process_facts *facts, const struct gt_config_source *env);
void gt_resource_free(struct gt_resource *r);

/* The value, borrowed; NULL when the resource does not have the attribute. */
const struct gt_value *gt_resource_get(const struct gt_resource *r, const char *key);

#endif
