"""Uses the client of the `mcp` package over the older transport with two connections: mcp_old_client.py URL"""

import asyncio
import sys

from mcp import ClientSession
from mcp.client.sse import sse_client


async def main():
    async with sse_client(sys.argv[1]) as streams, ClientSession(*streams) as session:
        await session.initialize()
        reply = await session.call_tool("bus_status", {"line": 7})
        print(reply.content[0].text, reply.is_error)
        print((await session.call_tool("fail", {})).is_error)


asyncio.run(main())
