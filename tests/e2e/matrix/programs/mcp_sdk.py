import asyncio
import sys

from mcp import Client


async def main():
    async with Client(sys.argv[1] + "/mcp", mode="legacy") as client:
        print([t.name for t in (await client.list_tools()).tools])
        for tool in ("bus", "slow_bus"):
            print((await client.call_tool(tool, {"line": 7})).content[0].text)


asyncio.run(main())
