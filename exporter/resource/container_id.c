#include "exporter/resource/container_id.h"

#define ID_LEN 64 /* hexadecimal digits, for docker, containerd, CRI-O and podman */

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static bool is_id(struct gt_str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_hex(s.p[i]))
			return false;
	return s.len == ID_LEN;
}

/* Ids of ECS on Fargate are shorter: 32 digits, a dash, up to 10 digits. */
static bool is_fargate_id(struct gt_str s)
{
	size_t dash = gt_str_find(s, '-');

	for (size_t i = 0; i < s.len; i++)
		if (i != dash && !is_hex(s.p[i]))
			return false;
	return dash == 32 && s.len > dash + 1 && s.len <= dash + 11;
}

/* The id in one segment of a cgroup path: `<id>`, `docker-<id>.scope`, `cri-containerd-<id>.scope`, `libpod-<id>`, and
 * systemd's `kubepods-...:cri-containerd:<id>`. */
static struct gt_str id_of_segment(struct gt_str s)
{
	size_t colon = s.len;

	while (colon && s.p[colon - 1] != ':')
		colon--;
	s = gt_str_make(s.p + colon, s.len - colon);
	if (is_fargate_id(s))
		return s;
	if (gt_str_ends(s, GT_STR(".scope")))
		s.len -= 6;
	if (s.len > ID_LEN && s.p[s.len - ID_LEN - 1] == '-')
		s = gt_str_make(s.p + s.len - ID_LEN, ID_LEN);
	return is_id(s) ? s : GT_STR("");
}

/* The innermost id in a path: the path of a container within a container has two. */
static struct gt_str id_of_cgroup_line(struct gt_str line)
{
	struct gt_str segment, id = GT_STR("");

	while (gt_str_next(&line, '/', &segment)) {
		struct gt_str one = id_of_segment(segment);

		if (one.len)
			id = one;
	}
	return id;
}

/* Requires a folder `containers`, because a folder `sandboxes` has the id of the pod. */
static struct gt_str id_of_mount_root(struct gt_str path)
{
	struct gt_str segment, before = GT_STR("");

	while (gt_str_next(&path, '/', &segment)) {
		if (is_id(segment) && gt_str_ends(before, GT_STR("containers")))
			return segment;
		before = segment;
	}
	return GT_STR("");
}

/* Container managers mount /etc/hostname and similar files from the container's own folder:
 * `/var/lib/docker/containers/<id>/hostname`. Other mounts are ignored: the host sees those of every container. */
static struct gt_str id_of_mount_line(struct gt_str line)
{
	enum { ROOT = 3, POINT = 4, FIELDS };
	struct gt_str fields[FIELDS];

	for (int i = 0; i < FIELDS; i++)
		if (!gt_str_next(&line, ' ', &fields[i]))
			return GT_STR("");
	if (!gt_str_eq(fields[POINT], GT_STR("/etc/hostname")) && !gt_str_eq(fields[POINT], GT_STR("/etc/hosts")) &&
	    !gt_str_eq(fields[POINT], GT_STR("/etc/resolv.conf")))
		return GT_STR("");
	return id_of_mount_root(fields[ROOT]);
}

static struct gt_str first_of_lines(const char *text, struct gt_str (*of_line)(struct gt_str line))
{
	struct gt_str rest = gt_str_of(text), line, id = GT_STR("");

	while (!id.len && gt_str_next(&rest, '\n', &line))
		id = of_line(line);
	return id;
}

struct gt_str gt_container_id(const char *cgroup, const char *mountinfo)
{
	struct gt_str id = first_of_lines(cgroup, id_of_cgroup_line);

	return id.len ? id : first_of_lines(mountinfo, id_of_mount_line);
}
