"""Uses the client of the `mcp` package in a session where the server sends requests too: mcp_talk.py URL TOOL [COUNT]
..."""

import asyncio
import sys

from mcp import Client
from mcp_types import CreateMessageResult, ElicitResult, ListRootsResult, Root, TextContent


async def sample(context, params):
    return CreateMessageResult(role="assistant", content=TextContent(type="text", text="no"), model="m", stop_reason="endTurn")


async def elicit(context, params):
    return ElicitResult(action="accept", content={"line": 7})


async def roots(context):
    return ListRootsResult(roots=[Root(uri="file:///timetables")])


async def main():
    url, tool, *count = sys.argv[1:]
    client = Client(
        url, mode="legacy", sampling_callback=sample, elicitation_callback=elicit, list_roots_callback=roots,
    )
    async with client:
        await client.send_ping()
        if count:
            calls = [client.call_tool(tool, {"together": int(count[0])}) for _ in range(int(count[0]))]
            print([r.content[0].text for r in await asyncio.gather(*calls)])
        else:
            reply = await client.call_tool(tool, {})
            print(reply.content[0].text, reply.is_error)


asyncio.run(main())
