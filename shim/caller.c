#include "shim/caller.h"

#include "shim/object.h"
#include "shim/resolved.h"

#define INNER 0x7fu /* in the table of resolved.h, beside the numbers of foreign.h */

static char yes, no;

/* An object that exports one of these is a library of the layers that are hooked, or passes calls of them on. The last
 * two are of libraries that libssl and libcurl send through: libcrypto, NSPR. */
static const char *const exports[] = {
#define GT_LIBC(type, name, parameters, arguments)	#name,
#define GT_LIBC_LATE(type, name, parameters, arguments) #name,
#define GT_FOREIGN(type, name, parameters)		#name,
#include "shim/hooks.def"
	"BIO_s_socket",
	"PR_Send",
};

bool gt_caller_is_inner(const void *return_address)
{
	void *known = gt_resolved(return_address, INNER);
	struct gt_object o;
	struct gt_dynamic d;

	if (gt_likely(known))
		return known == &yes;
	o = gt_object_of(return_address);
	if (!o.map)
		return false;
	d = gt_dynamic_of(o.map);
	known = gt_object_is_ours(return_address) ? &yes : &no;
	for (unsigned i = 0; i < GT_COUNT_OF(exports) && known == &no; i++)
		if (gt_dynamic_defines(&d, exports[i]))
			known = &yes;
	gt_resolved_keep(return_address, INNER, known);
	return known == &yes;
}
