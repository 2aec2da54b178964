/* The request parser gives the same events for any pieces of the same bytes. */
#include "http1_run.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	return http1_compare(GT_HTTP1_REQUEST, p, len);
}
