/*
 * The part of curl.h that gentap uses: option numbers, struct layouts and function types of libcurl's stable ABI. The
 * shim is built without libcurl's headers, because it must work with whichever version a program loads.
 */
#ifndef GT_CURL_ABI_H
#define GT_CURL_ABI_H

#include <stddef.h>
#include <stdint.h>

enum gt_curlopt {
	GT_CURLOPT_HEADER = 42,
	GT_CURLOPT_NOBODY = 44,
	GT_CURLOPT_UPLOAD = 46,
	GT_CURLOPT_POST = 47,
	GT_CURLOPT_PUT = 54,
	GT_CURLOPT_POSTFIELDSIZE = 60,
	GT_CURLOPT_HTTPGET = 80,
	GT_CURLOPT_CONNECT_ONLY = 141,
	GT_CURLOPT_HTTP_CONTENT_DECODING = 158,
	GT_CURLOPT_HEADEROPT = 229,
	GT_CURLOPT_WRITEDATA = 10001,
	GT_CURLOPT_URL = 10002,
	GT_CURLOPT_PROXY = 10004,
	GT_CURLOPT_READDATA = 10009,
	GT_CURLOPT_POSTFIELDS = 10015,
	GT_CURLOPT_HTTPHEADER = 10023,
	GT_CURLOPT_HTTPPOST = 10024,
	GT_CURLOPT_HEADERDATA = 10029,
	GT_CURLOPT_CUSTOMREQUEST = 10036,
	GT_CURLOPT_ACCEPT_ENCODING = 10102,
	GT_CURLOPT_PRIVATE = 10103,
	GT_CURLOPT_IOCTLDATA = 10131,
	GT_CURLOPT_COPYPOSTFIELDS = 10165,
	GT_CURLOPT_SEEKDATA = 10168,
	GT_CURLOPT_PROXYHEADER = 10228,
	GT_CURLOPT_MIMEPOST = 10269,
	GT_CURLOPT_CURLU = 10282,
	GT_CURLOPT_AWS_SIGV4 = 10305,
	GT_CURLOPT_WRITEFUNCTION = 20011,
	GT_CURLOPT_READFUNCTION = 20012,
	GT_CURLOPT_HEADERFUNCTION = 20079,
	GT_CURLOPT_IOCTLFUNCTION = 20130,
	GT_CURLOPT_SEEKFUNCTION = 20167,
	GT_CURLOPT_POSTFIELDSIZE_LARGE = 30120,
};

struct gt_curl_slist {
	char *data;
	struct gt_curl_slist *next;
};

struct gt_curl_header {
	char *name;
	char *value;
	size_t amount;
	size_t index;
	unsigned origin;
	void *anchor;
};

typedef int gt_curl_setopt_fn(void *easy, int option, ...);
typedef int gt_curl_getinfo_fn(void *easy, int info, ...);
typedef struct gt_curl_header *gt_curl_nextheader_fn(void *easy, unsigned origin, int request, struct gt_curl_header *prev);
typedef int gt_curl_url_get_fn(const void *url, int part, char **out, unsigned flags);
typedef void gt_curl_free_fn(void *p);
typedef char *gt_curl_version_fn(void);
typedef size_t gt_curl_data_fn(char *ptr, size_t size, size_t n, void *user);
typedef int gt_curl_seek_fn(void *user, int64_t offset, int origin);
typedef int gt_curl_ioctl_fn(void *easy, int command, void *user);

enum {
	INFO_CONTENT_TYPE = 0x100000 + 18,
	INFO_PRIVATE = 0x100000 + 21,
	INFO_RESPONSE_CODE = 0x200000 + 2,
	INFO_OS_ERRNO = 0x200000 + 25,
	INFO_TOTAL_TIME_T = 0x600000 + 50,
};
enum { CURLE_OK = 0 };
enum { CURLUPART_URL = 0 };
enum { CURLH_HEADER = 1 };
enum { CURLHEADER_UNIFIED = 0 };
enum { CURLIOCMD_RESTARTREAD = 1 };
#define CURL_READFUNC_ABORT 0x10000000
#define CURL_READFUNC_PAUSE 0x10000001

#endif
