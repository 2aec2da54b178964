#include "exporter/transfer/ca_file.h"

#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shim/shared/compiler.h"

bool gt_file_is_readable(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	bool readable;
	char byte;

	if (fd < 0)
		return false;
	/* a byte of a pipe or terminal would be missing to its reader */
	readable = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && read(fd, &byte, 1) == 1;
	close(fd);
	return readable;
}

const char *gt_ca_file_of_system(void)
{
	static const char *const places[] = {
		"/etc/ssl/certs/ca-certificates.crt",		     /* Debian, Ubuntu, Arch, Gentoo */
		"/etc/pki/tls/certs/ca-bundle.crt",		     /* Fedora, RHEL */
		"/etc/ssl/ca-bundle.pem",			     /* SUSE */
		"/etc/ssl/cert.pem",				     /* Alpine */
		"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", /* CentOS */
	};

	for (size_t i = 0; i < GT_COUNT_OF(places); i++)
		if (gt_file_is_readable(places[i]))
			return places[i];
	return NULL;
}
