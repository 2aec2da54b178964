#include "shim/shared/read_fields.h"

#include "shim/shared/compiler.h"

bool gt_field_is_read(struct gt_str name)
{
	static const struct gt_str fields[] = {
#define GT_FIELD(name) { name, sizeof(name) - 1 },
#include "shim/shared/read_fields.def"
#undef GT_FIELD
	};

	for (size_t i = 0; i < GT_COUNT_OF(fields); i++)
		if (gt_str_ieq(name, fields[i]))
			return true;
	return false;
}
