import asyncio
import sys

import aiohttp
import exchanges

base, listing = sys.argv[1:3]


async def one(session, path, body, headers):
    async with session.post(base + path, data=body, headers=headers) as reply:
        lines = [line async for line in reply.content]
        return [reply.status, reply.headers.get("Content-Type"), *lines]


async def main():
    async with aiohttp.ClientSession() as session:
        for printed in await asyncio.gather(*(one(session, *e) for e in exchanges.load(listing))):
            print(*printed, sep="\n")


asyncio.run(main())
