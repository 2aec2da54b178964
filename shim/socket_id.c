#include "shim/socket_id.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "shim/shared/check.h"
#include "shim/shared/gate.h"

#ifndef TCP_INFO
#define TCP_INFO 11
#endif

/* What gentap needs of the kernel's struct tcp_info (linux/tcp.h). Older headers lack the last members, older kernels fill
 * less. */
struct tcp_facts {
	char state_to_rtt[128];
	uint64_t bytes_received; /* Linux 4.1 */
	char segments_to_delivery[64];
	uint64_t bytes_sent; /* Linux 4.19 */
	uint64_t bytes_sent_again;
};

GT_STATIC_ASSERT(offsetof(struct tcp_facts, bytes_sent) == 200, "as in the kernel's ABI");

#ifndef SO_COOKIE
#define SO_COOKIE 57 /* since Linux 4.12 */
#endif

uint64_t gt_socket_number(int fd)
{
	uint64_t cookie = 0;
	socklen_t len = sizeof(cookie);
	struct stat st;

	if (gt_gate(socket_number, fd, SOL_SOCKET, SO_COOKIE, &cookie, &len) == 0 && cookie)
		return cookie;
	return gt_gate(socket_inode, fd, &st) == 0 && S_ISSOCK(st.st_mode) ? (uint64_t)st.st_ino : 0;
}

bool gt_socket_is_stream(int fd)
{
	int type = 0;
	socklen_t len = sizeof(type);

	return gt_gate(socket_type, fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM;
}

bool gt_socket_has_passed(int fd, bool inbound)
{
	struct tcp_facts facts = { .bytes_sent = 0 };
	socklen_t len = sizeof(facts);

	if (gt_gate(socket_passed, fd, IPPROTO_TCP, TCP_INFO, &facts, &len) != 0)
		return false;
	return inbound ? facts.bytes_received > 0 : facts.bytes_sent > 0;
}

bool gt_socket_volume(int fd, uint64_t *sent, uint64_t *received)
{
	struct tcp_facts facts = { .bytes_sent = 0 };
	socklen_t len = sizeof(facts);

	if (gt_gate(socket_passed, fd, IPPROTO_TCP, TCP_INFO, &facts, &len) != 0 || len < sizeof(facts))
		return false;
	*sent = facts.bytes_sent - facts.bytes_sent_again;
	*received = facts.bytes_received;
	return true;
}

size_t gt_socket_peer(int fd, char text[GT_SOCKET_PEER_MAX], uint16_t *port)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)&addr;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&addr;
	const void *ip;

	*port = 0;
	if (gt_gate(socket_peer, fd, &addr, &len) != 0)
		return 0;
	if (addr.ss_family == AF_INET) {
		ip = &v4->sin_addr;
		*port = ntohs(v4->sin_port);
	} else if (addr.ss_family == AF_INET6) {
		ip = &v6->sin6_addr;
		*port = ntohs(v6->sin6_port);
		/* an IPv4 client of a dual-stack socket */
		if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
			ip = v6->sin6_addr.s6_addr + 12;
			addr.ss_family = AF_INET;
		}
	} else {
		return 0;
	}
	return inet_ntop(addr.ss_family, ip, text, GT_SOCKET_PEER_MAX) ? strlen(text) : 0;
}
