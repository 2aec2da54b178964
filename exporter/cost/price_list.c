#include "exporter/cost/price_list.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exporter/base/errors.h"
#include "exporter/base/text.h"

#define FILE_MAX (1 << 20) /* bytes; a list of all models on the market has a tenth of that */

/* The Makefile generates prices.def from prices.txt. */
static const char own_text[] =
#include "prices.def"
	;

struct gt_str gt_price_list_text(void)
{
	return GT_STR(own_text);
}

/* 0 or an errno; EFBIG: the file exceeds the cap. */
static int read_all(int fd, struct gt_buf *out)
{
	struct stat st;
	char chunk[8192];
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return errno;
	if (!S_ISREG(st.st_mode)) /* reading a pipe could block */
		return S_ISDIR(st.st_mode) ? EISDIR : EINVAL;
	for (;;) {
		n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? errno : 0;
		if (!gt_buf_add(out, chunk, (size_t)n))
			return out->len + (size_t)n > FILE_MAX ? EFBIG : ENOMEM;
	}
}

static int read_file(const char *path, struct gt_buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), ret;

	if (fd < 0)
		return errno;
	ret = read_all(fd, out);
	close(fd);
	return ret;
}

static const char *reason(int error)
{
	switch (error) {
	case ENOENT:
		return "does not exist";
	case EACCES:
		return "cannot be read: permission denied";
	case EISDIR:
		return "is a directory";
	case EFBIG:
		return "is larger than 1 MiB";
	default:
		return "cannot be read";
	}
}

static void read_users(struct gt_price_lists *lists, const char *path, void (*warn)(void *ctx, const char *message), void *ctx)
{
	int error = read_file(path, &lists->text);
	struct gt_prices_bad bad = { 0 };
	char shown[160], message[360];

	gt_text_show(gt_str_of(path), shown, sizeof(shown));
	if (error) {
		snprintf(message, sizeof(message), "GENTAP_PRICES: \"%s\" %s; the built-in prices are used", shown,
			 reason(error));
		warn(ctx, message);
		return;
	}
	if (gt_prices_parse(&lists->users, gt_buf_str(&lists->text), &bad) != 0 || !bad.n)
		return;
	if (bad.n == 1)
		snprintf(message, sizeof(message), "GENTAP_PRICES: \"%s\", line %u %s; it is ignored", shown, bad.first,
			 bad.why);
	else
		snprintf(message, sizeof(message), "GENTAP_PRICES: \"%s\", line %u %s; it is ignored, and %u more line%s",
			 shown, bad.first, bad.why, (unsigned)bad.n - 1, bad.n == 2 ? "" : "s");
	warn(ctx, message);
}

int gt_price_lists_read(struct gt_price_lists *lists, const char *path, void (*warn)(void *ctx, const char *message), void *ctx)
{
	struct gt_prices_bad none;

	*lists = (struct gt_price_lists){ 0 };
	gt_buf_init(&lists->text, FILE_MAX);
	if (gt_prices_parse(&lists->ours, gt_price_list_text(), &none) != 0)
		return GT_ENOMEM;
	if (path)
		read_users(lists, path, warn, ctx);
	return 0;
}

void gt_price_lists_free(struct gt_price_lists *lists)
{
	gt_prices_free(&lists->ours);
	gt_prices_free(&lists->users);
	gt_buf_free(&lists->text);
}
