#include "shim/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>

#include "shim/filter.h"
#include "shim/guard.h"
#include "shim/shared/compiler.h"
#include "shim/shared/env.h"
#include "shim/shared/gate.h"
#include "shim/shared/ident.h"
#include "shim/shared/log.h"
#include "shim/shared/quiet_write.h"
#include "shim/shared/spool_head.h"
#include "version.h"

/* Another thread makes the file meanwhile. That takes some 50 us, and more on a busy machine. A signal handler on that
 * thread would wait for ever, so after so many looks the extent is anonymous. */
#define LOOKS_MAX 200
#define LOOK_NS	  (50 * 1000)

#define POPULATE 23 /* MADV_POPULATE_WRITE, since Linux 5.14 */

enum { OFF, NONE, OPENING, OPEN };

static _Atomic int state;
static struct gt_spool_head *_Atomic head;
static char path[PATH_MAX];   /* written before `state` becomes OPEN */
static _Atomic bool was_late; /* an extent is anonymous, because the file was not ready */
static bool is_chosen;	      /* the user named the folder */
static dev_t device;
static ino_t inode;
static uint64_t room; /* after the head */

void gt_spool_init(uint64_t bytes)
{
	room = bytes;
	atomic_store(&state, NONE);
}

static void close_raw(int fd)
{
	gt_gate(spool_close, fd);
}

/* Allocates pages of the file. Beyond RLIMIT_FSIZE the kernel sends SIGXFSZ. */
static bool allocate(int fd, uint64_t offset, size_t size)
{
	struct gt_quiet quiet;
	long ret;

	if (!gt_quiet_begin(&quiet))
		return false;
	ret = gt_gate(spool_room, fd, 0, offset, size);
	gt_quiet_end(&quiet, ret ? errno : 0);
	return ret == 0;
}

/* The whole file, of which only the head has pages. NULL when that fails. */
static struct gt_spool_head *map(int fd)
{
	struct gt_quiet quiet;
	long ret;

	if (!allocate(fd, 0, GT_SPOOL_HEAD) || !gt_quiet_begin(&quiet))
		return NULL;
	ret = gt_gate(spool_size, fd, GT_SPOOL_HEAD + room);
	gt_quiet_end(&quiet, ret ? errno : 0);
	if (ret != 0)
		return NULL;
	ret = gt_gate(spool_map, NULL, GT_SPOOL_HEAD + room, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return ret == -1 ? NULL : (struct gt_spool_head *)ret;
}

/* The application needs the file system too (/dev/shm of a container has 64 MB): half of it stays free. A file system
 * without blocks has no limit. The user may have chosen a folder on a disk, which is larger, and often more than half
 * full: there a sixteenth stays free. */
static bool leaves_enough(const struct statfs *fs, uint64_t size)
{
	uint64_t blocks = fs->f_blocks, must_stay = is_chosen ? blocks / 16 : blocks / 2;

	return !blocks || (fs->f_bsize > 0 && fs->f_bavail >= must_stay + size / (uint64_t)fs->f_bsize + 1);
}

/* Makes a file with a name of its own in the user's folder. */
static int create_in(const char *folder)
{
	int at = gt_spool_open_folder(folder, true, !is_chosen), fd;
	struct statfs fs;
	struct gt_span_id id = gt_ident_span();
	struct stat st;
	char name[48];
	uint64_t nonce;

	if (at < 0)
		return -1;
	if (gt_gate(spool_kind, at, &fs) || !leaves_enough(&fs, GT_SPOOL_HEAD)) {
		close_raw(at);
		return -1;
	}
	memcpy(&nonce, id.b, sizeof(nonce));
	snprintf(name, sizeof(name), "%d-%016llx" GT_SPOOL_SUFFIX, gt_gate_process(), (unsigned long long)nonce);
	fd = (int)gt_gate(spool_create, at, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	close_raw(at);
	if (fd < 0)
		return -1;
	if (snprintf(path, sizeof(path), "%s/" GT_SPOOL_FOLDER "/%s", folder, (unsigned)gt_gate(spool_user), name) >=
		    (int)sizeof(path) ||
	    gt_gate(spool_stat, fd, &st) || gt_gate(spool_lock, fd, LOCK_EX | LOCK_NB)) {
		close_raw(fd);
		return -1;
	}
	device = st.st_dev;
	inode = st.st_ino;
	return fd;
}

static int create(void)
{
	const char *folders[GT_SPOOL_FOLDERS_MAX + 1];
	int fd = -1;

	gt_spool_folders(gt_env_raw, folders, &is_chosen);
	for (int i = 0; folders[i] && fd < 0; i++)
		fd = create_in(folders[i]);
	return fd;
}

static void fill(struct gt_spool_head *h)
{
	memcpy(h->magic, GT_SPOOL_MAGIC, sizeof(GT_SPOOL_MAGIC));
	memcpy(h->version, GENTAP_VERSION, sizeof(GENTAP_VERSION));
	h->layout = gt_spool_layout();
	h->pid = (uint32_t)gt_gate_process();
	h->destination = gt_spool_destination(gt_env_raw);
	h->run = gt_spool_run(gt_env_raw);
	h->run_file = gt_spool_run_file(gt_env_raw);
	strncpy(h->program, program_invocation_short_name, sizeof(h->program) - 1);
}

/* Some filters kill the process for a call that it does not make itself. */
static bool is_filtered(void)
{
	gt_filter_look();
	return gt_gate_missing(GT_SIDE_APP, GT_NEED_SPOOL) != NULL;
}

static GT_COLD void open_spool(void)
{
	int expected = NONE, saved = errno, fd = -1;
	struct gt_spool_head *h = NULL;

	if (!atomic_compare_exchange_strong(&state, &expected, OPENING))
		return;
	if (!is_filtered() && gt_owner_mark())
		fd = create();
	if (fd >= 0) {
		h = map(fd);
		close_raw(fd);
		if (h)
			fill(h);
		else
			gt_gate(spool_unlink, AT_FDCWD, path, 0);
	}
	if (h)
		gt_log(GT_LOG_EXPORTER, GT_LOG_DEBUG, "spool %s", path);
	atomic_store_explicit(&head, h, memory_order_release);
	/* release: pairs with the acquire in gt_spool_extend(); makes the path visible */
	atomic_store_explicit(&state, h ? OPEN : OFF, memory_order_seq_cst);
	if (h && atomic_load(&was_late))
		h->is_torn = 1;
	errno = saved;
}

/* The file may have been removed, or its name may belong to another file by now. */
static int open_again(void)
{
	int fd = (int)gt_gate(spool_again, AT_FDCWD, path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && (gt_gate(spool_stat, fd, &st) || st.st_dev != device || st.st_ino != inode)) {
		close_raw(fd);
		return -1;
	}
	return fd;
}

static void wait_until_open(void)
{
	const struct timespec look = { 0, LOOK_NS };

	for (int i = 0; i < LOOKS_MAX && atomic_load_explicit(&state, memory_order_acquire) == OPENING; i++)
		gt_gate(short_wait, &look, NULL);
}

/* Older kernels need the file for it. Then another thread may see the next number in use for a moment. */
static bool allocate_again(uint64_t offset, size_t size)
{
	int fd = open_again();
	bool is_done = fd >= 0 && allocate(fd, offset, size);

	if (fd >= 0)
		close_raw(fd);
	return is_done;
}

/* Other processes may have filled the file system since. */
static bool has_room(size_t size)
{
	struct statfs fs;

	return gt_gate(spool_left, path, &fs) == 0 && leaves_enough(&fs, size);
}

static bool populate(char *p, uint64_t offset, size_t size)
{
	return gt_gate(spool_more, p, size, POPULATE) == 0 ||
	       (errno != EFAULT && errno != ENOMEM && allocate_again(GT_SPOOL_HEAD + offset, size));
}

char *gt_spool_extend(uint64_t offset, size_t size)
{
	int saved = errno;
	char *p;

	if (atomic_load_explicit(&state, memory_order_acquire) == NONE)
		open_spool();
	wait_until_open();
	if (atomic_load_explicit(&state, memory_order_acquire) == OPENING)
		atomic_store(&was_late, true);
	if (atomic_load_explicit(&state, memory_order_acquire) != OPEN)
		return NULL;
	p = (char *)gt_spool_head() + GT_SPOOL_HEAD + offset;
	if (!has_room(size) || !populate(p, offset, size)) {
		atomic_store_explicit(&gt_spool_head()->is_torn, 1, memory_order_relaxed);
		p = NULL;
	}
	errno = saved;
	return p;
}

void gt_spool_note_class(uint32_t segment, unsigned class)
{
	struct gt_spool_head *h = gt_spool_head();

	if (h)
		h->classes[segment] = (uint8_t)(class + 1);
}

bool gt_spool_is_open(void)
{
	return atomic_load_explicit(&state, memory_order_relaxed) == OPEN;
}

struct gt_spool_head *gt_spool_head(void)
{
	return atomic_load_explicit(&head, memory_order_acquire);
}

void gt_spool_remove(void)
{
	int expected = OPEN, saved = errno, fd;

	if (!atomic_compare_exchange_strong(&state, &expected, OFF))
		return;
	fd = open_again();
	if (fd >= 0) {
		gt_gate(spool_unlink, AT_FDCWD, path, 0);
		close_raw(fd);
	}
	errno = saved;
}

void gt_spool_after_fork(void)
{
	struct gt_spool_head *h = gt_spool_head();

	if (h)
		gt_gate(pool_unmap, h, GT_SPOOL_HEAD + room);
	atomic_store_explicit(&head, NULL, memory_order_relaxed);
	/* also where the parent has removed its own: daemon() flushes, then forks */
	atomic_store_explicit(&state, NONE, memory_order_relaxed);
}
