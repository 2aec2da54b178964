/*
 * JSON-RPC 2.0 messages as MCP uses them. Pure; trees are cJSON's.
 *
 * A request has a method and an id, a notification a method and no id, a response a result or an error and the id of its request.
 * Sources: JSON-RPC 2.0, sections 4 to 6; MCP specification, revisions 2024-11-05 to 2026-07-28, "Messages" and the schema's methods.
 */
#ifndef GT_MCP_MESSAGE_H
#define GT_MCP_MESSAGE_H

#include "exporter/base/json.h"

#define GT_MCP_ID_MAX 128 /* characters of an id's text; longer ones are cut */

enum gt_mcp_kind { GT_MCP_NOTHING, GT_MCP_REQUEST, GT_MCP_NOTIFICATION, GT_MCP_RESPONSE };

/* `message` may be NULL. */
enum gt_mcp_kind gt_mcp_kind_of(const cJSON *message);

/* The text form of an id: "7" for 7, the string itself for a string. False for null and for what no id may be. */
bool gt_mcp_id(const cJSON *message, char out[GT_MCP_ID_MAX]);

/* Is this a message of MCP and of nothing else, when nothing around it says so? Methods that other protocols over JSON-RPC have
 * as well (ping, tasks/get, a language server's initialize) do not count, nor do responses. */
bool gt_mcp_is_unmistakable(const cJSON *message);

/* The names of all methods that count; NULL behind the last. For bodies that are no JSON, or of which only a part was kept. */
extern const char *const gt_mcp_methods[];

#endif
