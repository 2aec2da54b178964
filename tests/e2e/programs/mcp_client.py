"""Uses the client of the `mcp` package: mcp_client.py URL MODE, where MODE is legacy, auto or a version."""

import asyncio
import sys

from mcp import Client
from mcp.shared.exceptions import MCPError


async def main():
    async with Client(sys.argv[1], mode=sys.argv[2]) as client:
        print(sorted(t.name for t in (await client.list_tools()).tools))
        reply = await client.call_tool("bus_status", {"line": 7})
        print(reply.content[0].text, reply.is_error)
        reply = await client.call_tool("fail", {})
        print(reply.is_error)
        print((await client.read_resource("file:///timetable.txt")).contents[0].text)
        print((await client.get_prompt("plan_trip", {"to": "Oslo"})).messages[0].content.text)
        try:
            await client.read_resource("file:///missing.txt")
        except MCPError as e:
            print(e.error.code)


asyncio.run(main())
