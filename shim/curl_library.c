#include "shim/curl_library.h"

#include <stdlib.h>

#include "shim/foreign.h"
#include "shim/shared/str.h"

struct gt_curl_library gt_curl_library_of(const void *return_address)
{
	return (struct gt_curl_library){
		.setopt = (gt_curl_setopt_fn *)gt_foreign(return_address, GT_FOREIGN_curl_easy_setopt),
		.getinfo = (gt_curl_getinfo_fn *)gt_foreign(return_address, GT_FOREIGN_curl_easy_getinfo),
		.nextheader = (gt_curl_nextheader_fn *)gt_foreign(return_address, GT_FOREIGN_curl_easy_nextheader),
		.url_get = (gt_curl_url_get_fn *)gt_foreign(return_address, GT_FOREIGN_curl_url_get),
		.free = (gt_curl_free_fn *)gt_foreign(return_address, GT_FOREIGN_curl_free),
		.version = (gt_curl_version_fn *)gt_foreign(return_address, GT_FOREIGN_curl_version),
	};
}

/* "libcurl/7.88.1 OpenSSL/3.0.11 ..." as 0x075801; 0 when unknown. */
static long version_of(const struct gt_curl_library *l)
{
	const char *text = l->version ? l->version() : NULL, *slash = text ? strchr(text, '/') : NULL;
	long number = 0;

	for (int i = 0; slash && i < 3; i++) {
		char *end;

		number = number << 8 | (strtol(slash + 1, &end, 10) & 0xff);
		slash = end;
		if (*end != '.' && i < 2)
			return 0;
	}
	return number;
}

bool gt_curl_refuses_cleanup(const struct gt_curl_library *l)
{
	return version_of(l) >= 0x081600;
}

bool gt_curl_headers_are_unified(const struct gt_curl_library *l, long header_opt)
{
	long version;

	/* the option exists since 7.37.0; the default changed in 7.42.1 */
	if (header_opt == CURLHEADER_UNIFIED)
		return true;
	version = version_of(l);
	return version < 0x072500 || (header_opt < 0 && version < 0x072a01);
}
