"""Sends random requests over HTTP/2 with the `httpx` package, several at a time on one connection, and prints a digest of each
answer. Arguments: the base URL, the number of requests, the seed."""

import asyncio
import hashlib
import json
import random
import sys

import httpx

base, count, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rng = random.Random(seed)
NAMES = [f"x-field-{i}" for i in range(40)]
PATHS = ["/v1/chat/completions", "/v1/messages", "/v1/chat/completions", "/upload"]


def request(i):
    fields = {"x-id": str(i), "content-type": "application/json", "authorization": f"Bearer {rng.randrange(5)}"}
    for name in rng.sample(NAMES, rng.randrange(12)):
        length = rng.choice([0, 3, 20, 20, 130, 900])
        fields[name] = f"{rng.randrange(4)}" + "aB3~ x,;="[rng.randrange(9)] * length + "." if length else ""
    text = "x" * rng.choice([1, 10, 400, 2_000])
    body = {"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": text}]}
    return rng.choice(PATHS), fields, json.dumps(body)


async def one(client, path, fields, body):
    reply = await client.post(base + path, content=body, headers=fields)
    return f"{reply.http_version} {reply.status_code} {hashlib.sha256(reply.content).hexdigest()}"


async def run():
    async with httpx.AsyncClient(http2=True, timeout=50) as client:
        at = 0
        while at < count:
            n = min(count - at, rng.randrange(1, 16))
            lines = await asyncio.gather(*(one(client, *request(at + k)) for k in range(n)))
            print(*lines, sep="\n")
            at += n


asyncio.run(run())
