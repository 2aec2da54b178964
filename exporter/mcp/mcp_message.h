/*
 * JSON-RPC 2.0 messages as MCP uses them. Pure.
 *
 * A request has a method and an id. A notification has a method and no id. A response has a result or an error, and the
 * id of its request.
 *
 * Sources: JSON-RPC 2.0, sections 4 to 6; MCP specification, revisions 2024-11-05 to 2026-07-28, "Messages" and the
 * schema's methods.
 */
#ifndef GT_MCP_MESSAGE_H
#define GT_MCP_MESSAGE_H

#include "exporter/base/json.h"

#define GT_MCP_ID_MAX 128 /* bytes of an id's text, NUL included; longer ids are cut */

enum gt_mcp_kind { GT_MCP_NOTHING, GT_MCP_REQUEST, GT_MCP_NOTIFICATION, GT_MCP_RESPONSE };

/* GT_MCP_NOTHING when the message has neither a method nor a result or error. `message` may be NULL. */
enum gt_mcp_kind gt_mcp_kind_of(const cJSON *message);

/* Writes an id as text: "7" for 7, the string itself for a string. False when the id is missing, null, or of a type
 * that ids cannot have. */
bool gt_mcp_id(const cJSON *message, char out[GT_MCP_ID_MAX]);

/* True when the message alone proves that it is MCP. Methods that other JSON-RPC protocols also have (ping, tasks/get,
 * a language server's initialize) do not count; neither do responses. */
bool gt_mcp_is_unmistakable(const cJSON *message);

/* All methods that count, NULL-terminated. For bodies that are not JSON or were kept only in part. */
extern const char *const gt_mcp_methods[];

#endif
