/*
 * Errors in replies: in the member `error` with its variations, and elsewhere under a success status.
 */
#include "exporter/providers/provider.h"

#include <stdio.h>

#include "shim/shared/compiler.h"

/* The first of these members that is a string. Numbers are skipped: they repeat the HTTP status. */
static bool first_str(const cJSON *json, const char *const *paths, size_t n, struct gt_str *out)
{
	for (size_t i = 0; i < n; i++)
		if (gt_json_str(json, paths[i], out))
			return true;
	return false;
}

bool gt_has_error(const cJSON *json)
{
	const cJSON *error = gt_json_at(json, "error");
	struct gt_str text;

	return cJSON_IsObject(error) ? error->child != NULL : gt_json_str(json, "error", &text);
}

/* `is_flat`: the members of the error are the document's own. */
static void read_error(struct gt_reading *r, const cJSON *json, bool is_flat)
{
	static const char *const types[] = {
		"error.code", "error.type", "error.status", "code", "error_type", "errors.0.code"
	};
	static const char *const own_types[] = { "type" };
	static const char *const messages[] = { "error.message", "message", "error", "detail", "errors.0.message" };
	struct gt_str type, message = GT_STR(""), object;
	char status[8];
	int64_t code;

	/* some streams wrap the object in an array */
	if (cJSON_IsArray(json))
		json = cJSON_GetArrayItem(json, 0);
	if (!cJSON_IsObject(json))
		return;
	first_str(json, messages, GT_COUNT_OF(messages), &message);
	if (!first_str(json, types, GT_COUNT_OF(types), &type)) {
		/* {"object":"error","type":...}; elsewhere "type" means something else */
		is_flat |= gt_json_str(json, "object", &object) && gt_str_eq(object, GT_STR("error"));
		if (!is_flat || !first_str(json, own_types, 1, &type))
			type = GT_STR("");
	}
	/* a gateway that has already sent a 200 can report its upstream's status only here */
	if (!type.len && r->call->response.status < 400 && gt_json_int(json, "error.code", &code) && code >= 400 &&
	    code < 600) {
		snprintf(status, sizeof(status), "%d", (int)code);
		type = gt_str_of(status);
	}
	gt_set_reply_error(r, type, message);
}

void gt_read_common_error(struct gt_reading *r, const cJSON *json)
{
	read_error(r, json, false);
}

void gt_read_error_event(struct gt_reading *r, const struct gt_document *d)
{
	if (d->json && !r->has_error)
		read_error(r, d->json, true);
	else if (!d->json && gt_str_trim(d->text).len)
		gt_set_reply_error(r, GT_STR(""), d->text);
}

/* ---------------------------------------------------------------- under a success status */

/* A code as text; empty for the words and numbers of success and of progress. */
static struct gt_str failure_code(const cJSON *json, const char *path, char room[24])
{
	static const struct gt_str successes[] = {
		{ "0", 1 },	      { "200", 3 },	     { "ok", 2 },     { "success", 7 }, { "ping", 4 },
		{ "heartbeat", 9 },   { "keepalive", 9 },    { "status", 6 }, { "info", 4 },	{ "progress", 8 },
		{ "processing", 10 }, { "in_progress", 11 }, { "queued", 6 }, { "pending", 7 }, { "running", 7 },
		{ "loading", 7 },     { "started", 7 },
	};
	struct gt_str code = GT_STR("");
	int64_t number;

	if (!gt_json_str(json, path, &code) && gt_json_int(json, path, &number)) {
		snprintf(room, 24, "%lld", (long long)number);
		code = gt_str_of(room);
	}
	for (size_t i = 0; i < GT_COUNT_OF(successes); i++)
		if (gt_str_ieq(code, successes[i]))
			return GT_STR("");
	return code;
}

/* True for a document that has no code, and nothing but a failure to report. */
static bool admits_failure(const cJSON *json, struct gt_str *message)
{
	/* FastAPI: a text, or a list of objects; GraphQL and Cloudflare */
	static const char *const alone[] = { "detail", "detail.0.msg", "errors.0.message" };
	static const char *const beside[] = { "message", "msg", "error_msg", "error_description" };
	bool is_success = true, is_error = false;

	if (first_str(json, alone, GT_COUNT_OF(alone), message))
		return true;
	*message = GT_STR("");
	first_str(json, beside, GT_COUNT_OF(beside), message);
	return (gt_json_bool(json, "success", &is_success) && !is_success) ||
	       (gt_json_bool(json, "error", &is_error) && is_error);
}

struct masked_error {
	struct gt_str code, message; /* of the document, or in `room` */
	char room[24];
};

/* Members by which single services report an error, also in documents that are otherwise an answer. */
static bool has_error_of_service(const cJSON *json, struct masked_error *e)
{
	static const struct {
		const char *code, *message;
	} rows[] = {
		{ "base_resp.status_code", "base_resp.status_msg" }, /* MiniMax */
		{ "error_code", "error_msg" },			     /* Baidu */
	};

	for (size_t i = 0; i < GT_COUNT_OF(rows); i++) {
		e->code = failure_code(json, rows[i].code, e->room);
		e->message = GT_STR("");
		gt_json_str(json, rows[i].message, &e->message);
		if (e->code.len)
			return true;
	}
	return false;
}

/* The same by members that mean something else in documents of the API. */
static bool has_common_error(const cJSON *json, struct masked_error *e)
{
	static const struct {
		const char *code, *message;
	} rows[] = {
		{ "code", "message" }, /* SiliconFlow, Spark, Spring */
		{ "code", "msg" },     /* Z.ai */
		{ "status", "message" }, { "statusCode", "message" }, { "type", "message" },
	};

	for (size_t i = 0; i < GT_COUNT_OF(rows); i++) {
		e->code = failure_code(json, rows[i].code, e->room);
		if (e->code.len && gt_json_str(json, rows[i].message, &e->message))
			return true;
	}
	e->code = GT_STR("");
	return admits_failure(json, &e->message);
}

void gt_read_masked_error(struct gt_reading *r, const cJSON *json, bool is_foreign)
{
	struct masked_error e;

	if (!r->has_error && (has_error_of_service(json, &e) || (is_foreign && has_common_error(json, &e))))
		gt_set_reply_error(r, e.code, e.message);
}

void gt_note_masked_error(struct gt_reading *r, const cJSON *json, bool is_foreign)
{
	struct masked_error e;

	if (!is_foreign) {
		cJSON_Delete(r->maybe_error);
		r->maybe_error = NULL;
	} else if (!r->maybe_error && has_common_error(json, &e)) {
		r->maybe_error = cJSON_Duplicate(json, true);
	}
	gt_read_masked_error(r, json, false);
}

void gt_settle_masked_error(struct gt_reading *r)
{
	bool has_answer = r->choices && gt_choices_are_over(r);

	if (r->maybe_error && !has_answer)
		gt_read_masked_error(r, r->maybe_error, true);
}
