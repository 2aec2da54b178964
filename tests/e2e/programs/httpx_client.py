"""Uses the `httpx` package; with a third argument its async client."""

import asyncio
import sys

import exchanges
import httpx

base, listing = sys.argv[1:3]


def sync():
    with httpx.Client(timeout=20) as client:
        for path, body, headers in exchanges.load(listing):
            with client.stream("POST", base + path, content=body, headers=headers) as reply:
                print(reply.status_code, reply.headers.get("Content-Type"))
                for line in reply.iter_lines():
                    print(line)


async def one(client, path, body, headers):
    async with client.stream("POST", base + path, content=body, headers=headers) as reply:
        lines = [line async for line in reply.aiter_lines()]
        return [reply.status_code, reply.headers.get("Content-Type"), *lines]


async def concurrent():
    async with httpx.AsyncClient(timeout=20) as client:
        for printed in await asyncio.gather(*(one(client, *e) for e in exchanges.load(listing))):
            print(*printed, sep="\n")


if sys.argv[3:]:
    asyncio.run(concurrent())
else:
    sync()
