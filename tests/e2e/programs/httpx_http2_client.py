"""Uses the `httpx` package with HTTP/2; with a third argument its async client, which asks everything at once."""

import asyncio
import sys

import exchanges
import httpx

base, listing = sys.argv[1:3]
ONLY = {"http1": base.startswith("https"), "http2": True, "timeout": 20}


def sync():
    with httpx.Client(**ONLY) as client:
        for path, body, headers in exchanges.load(listing):
            with client.stream("POST", base + path, content=body, headers=headers) as reply:
                print(reply.http_version, reply.status_code, reply.headers.get("Content-Type"))
                for line in reply.iter_lines():
                    print(line)


async def one(client, path, body, headers):
    async with client.stream("POST", base + path, content=body, headers=headers) as reply:
        lines = [line async for line in reply.aiter_lines()]
        return [reply.http_version, reply.status_code, reply.headers.get("Content-Type"), *lines]


async def concurrent():
    async with httpx.AsyncClient(**ONLY) as client:
        for printed in await asyncio.gather(*(one(client, *e) for e in exchanges.load(listing))):
            print(*printed, sep="\n")


try:
    if sys.argv[3:]:
        asyncio.run(concurrent())
    else:
        sync()
except httpx.TransportError:  # which of them depends on what the server's system sends after it closed
    print("the answer broke off")
