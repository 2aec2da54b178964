#include "shim/shared/spool_head.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "shim/shared/check.h"
#include "shim/shared/exchange.h"
#include "shim/shared/gate.h"
#include "shim/shared/str.h"

GT_STATIC_ASSERT(sizeof(struct gt_spool_head) <= GT_SPOOL_HEAD, "the head fits its pages");

#define FNV_BASIS 0xcbf29ce484222325u
#define FNV_PRIME 0x100000001b3u

static uint64_t mix(uint64_t digest, const char *text)
{
	for (; *text; text++)
		digest = (digest ^ (unsigned char)*text) * FNV_PRIME;
	return (digest ^ 0xff) * FNV_PRIME; /* a separator that no text holds */
}

uint32_t gt_spool_layout(void)
{
	return (uint32_t)(sizeof(struct gt_event) << 20 ^ sizeof(struct gt_begin) << 10 ^ sizeof(struct gt_spool_head) ^
			  offsetof(struct gt_event, is_live) << 4 ^ (unsigned)GT_EVENT_SPAN << 28 ^ sizeof(void *));
}

uint64_t gt_spool_destination(gt_env_fn *env)
{
	static const enum gt_env deciding[] = {
		GT_ENV_OTEL_TRACES_EXPORTER,
		GT_ENV_OTEL_EXPORTER_OTLP_ENDPOINT,
		GT_ENV_OTEL_EXPORTER_OTLP_TRACES_ENDPOINT,
		GT_ENV_OTEL_EXPORTER_OTLP_PROTOCOL,
		GT_ENV_OTEL_EXPORTER_OTLP_TRACES_PROTOCOL,
		GT_ENV_OTEL_EXPORTER_OTLP_HEADERS,
		GT_ENV_OTEL_EXPORTER_OTLP_TRACES_HEADERS,
		GT_ENV_GENTAP_FILE,
		GT_ENV_GENTAP_RUN_ONLY,
	};
	uint64_t digest = FNV_BASIS;

	for (size_t i = 0; i < GT_COUNT_OF(deciding); i++) {
		const char *value = env(deciding[i]);

		digest = mix(digest, value ? value : "\1");
	}
	return digest;
}

static uint64_t digest_of(const char *value)
{
	return value && value[0] ? mix(FNV_BASIS, value) : 0;
}

uint64_t gt_spool_run_file(gt_env_fn *env)
{
	return digest_of(env(GT_ENV_GENTAP_RUN_FILE));
}

uint64_t gt_spool_run(gt_env_fn *env)
{
	return digest_of(env(GT_ENV_GENTAP_RUN_TRACE_ID));
}

void gt_spool_folders(gt_env_fn *env, const char *folders[GT_SPOOL_FOLDERS_MAX + 1], bool *is_chosen)
{
	const char *chosen = env(GT_ENV_GENTAP_SPOOL), *runtime = env(GT_ENV_XDG_RUNTIME_DIR), *temporary = env(GT_ENV_TMPDIR);
	int n = 0;

	*is_chosen = chosen && chosen[0] == '/';
	if (*is_chosen) {
		folders[n++] = chosen;
	} else if (!chosen || !chosen[0] || gt_str_ieq(gt_str_of(chosen), GT_STR("on"))) {
		if (runtime && runtime[0] == '/')
			folders[n++] = runtime;
		if (temporary && temporary[0] == '/')
			folders[n++] = temporary;
		folders[n++] = "/dev/shm";
		folders[n++] = "/tmp";
	}
	folders[n] = NULL;
}

/* Another user may have made the folder, to read what is written there. */
static bool is_private(int fd, bool must_be_in_memory)
{
	struct statfs fs;
	struct stat st;

	if (gt_gate(spool_stat, fd, &st) || !S_ISDIR(st.st_mode) || st.st_uid != (uid_t)gt_gate(spool_user) || st.st_mode & 077)
		return false;
	if (!must_be_in_memory)
		return true;
	return gt_gate(spool_kind, fd, &fs) == 0 && ((unsigned)fs.f_type == TMPFS_MAGIC || (unsigned)fs.f_type == RAMFS_MAGIC);
}

int gt_spool_open_folder(const char *folder, bool makes, bool must_be_in_memory)
{
	char path[1024];
	int n = snprintf(path, sizeof(path), "%s/" GT_SPOOL_FOLDER, folder, (unsigned)gt_gate(spool_user)), fd;

	if (n < 0 || (size_t)n >= sizeof(path))
		return -1;
	if (makes)
		gt_gate(spool_make, AT_FDCWD, path, 0700);
	fd = (int)gt_gate(spool_folder, AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && !is_private(fd, must_be_in_memory)) {
		gt_gate(spool_close, fd);
		return -1;
	}
	return fd;
}
