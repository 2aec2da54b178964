#include "vectors_same.h"

#include <string.h>

#include "exporter/exchange/vectors.h"

static bool is_long_vector(const cJSON *array)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, array)
		if (!cJSON_IsNumber(item))
			return false;
	return cJSON_GetArraySize(array) > GT_VECTOR_KEPT;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

bool gt_vectors_same(const cJSON *full, const cJSON *thinned)
{
	for (; full && thinned; full = full->next, thinned = thinned->next) {
		bool is_array = cJSON_IsArray(full);

		if (full->type != thinned->type || !same_text(full->string, thinned->string) ||
		    !same_text(full->valuestring, thinned->valuestring) ||
		    memcmp(&full->valuedouble, &thinned->valuedouble, sizeof(full->valuedouble)))
			return false;
		if (is_array && gt_vector_len(thinned) != cJSON_GetArraySize(full))
			return false;
		if (!is_array && full->valueint != thinned->valueint)
			return false;
		if (is_array && is_long_vector(full) && !thinned->child->next) {
			if (full->child->valuedouble != thinned->child->valuedouble)
				return false;
		} else if (!gt_vectors_same(full->child, thinned->child)) {
			return false;
		}
	}
	return !full && !thinned;
}
