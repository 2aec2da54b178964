#include "shim/shared/named_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "shim/shared/gate.h"
#include "shim/shared/quiet_write.h"
#include "shim/shared/str.h"

#define FLAGS (O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

/* The first line of a run's file is a document that readers of spans skip. */
#define LINE	   "{\"gentapRun\":\"%.*s\"}\n"
#define NUMBER_LEN 32
#define LINE_LEN   (sizeof("{\"gentapRun\":\"\"}\n") - 1 + NUMBER_LEN)

static int give_up(int fd, int error)
{
	gt_gate(line_close, fd);
	errno = error;
	return -1;
}

int gt_named_file_open(const char *path, bool may_create)
{
	int fd = (int)gt_gate(line_open, AT_FDCWD, path, FLAGS | O_WRONLY | (may_create ? O_CREAT : 0), 0600);
	struct stat st;

	if (fd >= 0 && gt_gate(line_stat, fd, &st) == 0 && S_ISBLK(st.st_mode))
		return give_up(fd, ENOTSUP);
	return fd;
}

bool gt_named_file_mark(int fd, char mark[GT_FILE_MARK_ROOM])
{
	char line[LINE_LEN + 1], number[NUMBER_LEN + 1];
	unsigned char random[NUMBER_LEN / 2];
	ssize_t n;

	/* not an id of ident.h: those follow from each other, and some are sent with requests */
	if (gt_gate(random, random, sizeof(random), 0) != (long)sizeof(random))
		return false;
	for (size_t i = 0; i < sizeof(random); i++)
		snprintf(number + 2 * i, 3, "%02x", random[i]);
	snprintf(mark, GT_FILE_MARK_ROOM, "%u:%s", (unsigned)gt_gate(line_user), number);
	snprintf(line, sizeof(line), LINE, NUMBER_LEN, number);
	n = gt_gate(line_write, fd, line, LINE_LEN);
	if (n >= 0 && n < (ssize_t)LINE_LEN)
		errno = ENOSPC;
	return n == (ssize_t)LINE_LEN;
}

static bool has_number(int fd, struct gt_str number)
{
	char line[LINE_LEN + 1], found[LINE_LEN];

	snprintf(line, sizeof(line), LINE, GT_STR_ARG(number));
	return number.len == NUMBER_LEN && gt_gate(line_again, fd, found, LINE_LEN, 0) == (long)LINE_LEN &&
	       memcmp(line, found, LINE_LEN) == 0;
}

static bool is_marked(int fd, struct gt_str mark)
{
	size_t colon = gt_str_find(mark, ':');
	uint64_t owner;
	struct stat st;

	if (gt_gate(line_stat, fd, &st) != 0 || !S_ISREG(st.st_mode))
		return false;
	if (colon == mark.len || !gt_str_u64(gt_str_make(mark.p, colon), &owner))
		return st.st_uid == (uid_t)gt_gate(line_user);
	/* in a user namespace the launcher's user may have another number, but then it is this process's own */
	return (st.st_uid == owner || st.st_uid == (uid_t)gt_gate(line_user)) && has_number(fd, gt_str_skip(mark, colon + 1));
}

int gt_named_file_open_marked(const char *path, const char *mark)
{
	int fd = (int)gt_gate(line_marked, AT_FDCWD, path, FLAGS | O_RDWR | O_NOFOLLOW);

	return fd < 0 || is_marked(fd, gt_str_of(mark)) ? fd : give_up(fd, EPERM);
}

/* A regular file without a size limit is the usual case, and no signal comes of it. */
enum risk { NONE, SIGNAL, TOO_LARGE };

static enum risk risk_of(int fd, size_t len)
{
	struct rlimit limit;
	struct stat st;

	if (gt_gate(line_stat, fd, &st) != 0 || !S_ISREG(st.st_mode) || gt_gate(file_limit, 0, RLIMIT_FSIZE, NULL, &limit) != 0)
		return SIGNAL;
	if (limit.rlim_cur == RLIM_INFINITY)
		return NONE;
	/* another process may append meanwhile */
	return (uint64_t)st.st_size + len > limit.rlim_cur ? TOO_LARGE : SIGNAL;
}

ssize_t gt_named_file_append(int fd, const struct iovec *parts, int n)
{
	struct gt_quiet quiet;
	enum risk risk;
	size_t len = 0;
	ssize_t done;

	for (int i = 0; i < n; i++)
		len += parts[i].iov_len;
	risk = risk_of(fd, len);
	if (risk == TOO_LARGE) {
		errno = EFBIG;
		return -1;
	}
	if (risk == SIGNAL && !gt_quiet_begin(&quiet)) {
		errno = EPERM;
		return -1;
	}
	do
		done = gt_gate(line_writev, fd, parts, n);
	while (done < 0 && errno == EINTR);
	if (risk == SIGNAL)
		gt_quiet_end(&quiet, done < 0 ? errno : 0);
	return done;
}
