#include "exporter/mcp/mcp_message.h"

#include <stdio.h>

/* Without ping and tasks: A2A has tasks/get as well, and many protocols have a ping. */
const char *const gt_mcp_methods[] = {
	"initialize",
	"tools/call",
	"tools/list",
	"prompts/get",
	"prompts/list",
	"resources/list",
	"resources/read",
	"resources/subscribe",
	"resources/templates/list",
	"resources/unsubscribe",
	"completion/complete",
	"logging/setLevel",
	"sampling/createMessage",
	"elicitation/create",
	"roots/list",
	"server/discover",
	"subscriptions/listen",
	"notifications/cancelled",
	"notifications/elicitation/complete",
	"notifications/initialized",
	"notifications/message",
	"notifications/progress",
	"notifications/prompts/list_changed",
	"notifications/resources/list_changed",
	"notifications/resources/updated",
	"notifications/roots/list_changed",
	"notifications/subscriptions/acknowledged",
	"notifications/tasks/status",
	"notifications/tools/list_changed",
	NULL,
};

bool gt_mcp_id(const cJSON *message, char out[GT_MCP_ID_MAX])
{
	const cJSON *id = gt_json_at(message, "id");
	int64_t number;

	if (cJSON_IsString(id) && id->valuestring)
		return gt_str_copy(gt_str_of(id->valuestring), out, GT_MCP_ID_MAX) > 0;
	if (!gt_json_int(message, "id", &number))
		return false;
	snprintf(out, GT_MCP_ID_MAX, "%lld", (long long)number);
	return true;
}

enum gt_mcp_kind gt_mcp_kind_of(const cJSON *message)
{
	struct gt_str method;

	if (gt_json_str(message, "method", &method))
		return gt_json_has(message, "id") ? GT_MCP_REQUEST : GT_MCP_NOTIFICATION;
	return gt_json_has(message, "result") || gt_json_has(message, "error") ? GT_MCP_RESPONSE : GT_MCP_NOTHING;
}

bool gt_mcp_is_unmistakable(const cJSON *message)
{
	struct gt_str version, method;

	if (!gt_json_str(message, "jsonrpc", &version) || !gt_str_eq(version, GT_STR("2.0")) ||
	    !gt_json_str(message, "method", &method))
		return false;
	if (gt_str_eq(method, GT_STR("initialize"))) /* a language server's initialize has no protocolVersion */
		return gt_json_str(message, "params.protocolVersion", &version);
	for (size_t i = 0; gt_mcp_methods[i]; i++)
		if (gt_str_eq(method, gt_str_of(gt_mcp_methods[i])))
			return true;
	return false;
}
