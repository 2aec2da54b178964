import sys

import aiohttp
import uvloop
from exchanges import load

base, asked = sys.argv[1:]


async def main():
    async with aiohttp.ClientSession() as session:
        for path, body, headers in load(asked):
            async with session.post(base + path, data=body, headers=headers) as reply:
                print(reply.status, *[line async for line in reply.content], sep="\n")


uvloop.run(main())
