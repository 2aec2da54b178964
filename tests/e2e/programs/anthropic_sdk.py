"""Uses the official `anthropic` package; with a second argument its async client."""

import asyncio
import sys

import anthropic
from sync_or_async import items, value

base = sys.argv[1]
asking = {"max_tokens": 256, "messages": [{"role": "user", "content": "Is bus 7 late?"}]}


async def main(client):
    reply = await value(client.messages.create(model="claude-tap-1", **asking))
    print(reply.content[0].text, reply.usage.input_tokens)

    stream = await value(client.messages.create(model="claude-tap-1", stream=True, **asking))
    async for event in items(stream):
        print(event.type)

    try:
        await value(client.messages.create(model="claude-overloaded", **asking))
    except anthropic.APIStatusError as e:
        print(type(e).__name__, e.status_code)

    stream = await value(client.messages.create(model="claude-breaks", stream=True, **asking))
    try:
        async for event in items(stream):
            print(event.type)
    except anthropic.APIError as e:
        print(type(e).__name__)


make = anthropic.AsyncAnthropic if sys.argv[2:] else anthropic.Anthropic
asyncio.run(main(make(base_url=base, max_retries=0)))
