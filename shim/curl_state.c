#include "shim/curl_state.h"

#include <stdio.h>
#include <stdlib.h>

#include "shim/guard.h"
#include "shim/handoff.h"

void gt_easy_set_real(struct gt_easy *e, int option, void *value)
{
	if (e->library.setopt)
		e->library.setopt(e->key, option, value);
}

long gt_easy_info(struct gt_easy *e, int info)
{
	long v = 0;

	return e->library.getinfo && e->library.getinfo(e->key, info, &v) == CURLE_OK ? v : 0;
}

size_t gt_easy_fields_len(const struct gt_easy_options *o)
{
	if (o->fields_size < 0)
		return o->fields == o->copied_fields ? o->copied_len : strlen(o->fields);
	return o->fields == o->copied_fields && (uint64_t)o->fields_size > o->copied_len ? o->copied_len :
											   (size_t)o->fields_size;
}

bool gt_easy_is_in_callback(const struct gt_easy *e)
{
	return e->callbacks || (e->now.is_open && gt_hook_is_in_call());
}

bool gt_easy_is_wrapped(const struct gt_easy *e)
{
	return e->now.is_open || e->now.is_inherited;
}

void *gt_easy_move_header(struct gt_easy *e)
{
	struct gt_easy_options *o = &e->set;

	e->now.has_moved_header = !o->header && o->header_data;
	if (!e->now.has_moved_header)
		return o->header;
	return o->write ? (void *)o->write : (void *)fwrite;
}

void gt_transfer_drop(struct gt_easy *e)
{
	free(e->now.lines);
	if (e->now.end)
		gt_event_free(e->now.end);
	e->now = (struct gt_transfer){ 0 };
}
