"""Uses the two APIs of the official `openai` package over WebSockets; with a second argument through its async client."""

import asyncio
import sys

import openai
from sync_or_async import items, value

base = sys.argv[1]
is_async = bool(sys.argv[2:])


async def until_end(connection, ends):
    async for event in items(connection):
        print(event.type, getattr(event, "delta", ""))
        if event.type in ends:
            return


class opened:
    """`async with` for the managers of both clients."""

    def __init__(self, manager):
        self.manager = manager

    async def __aenter__(self):
        return await value(self.manager.enter())

    async def __aexit__(self, *error):
        await value(self.manager.__aexit__(*error) if is_async else self.manager.__exit__(*error))


async def responses(client):
    async with opened(client.responses.connect()) as connection:
        for model in ("gpt-5-mini", "gpt-fails", "gpt-5-nano"):
            await value(connection.response.create(model=model, input="Is bus 7 late?", max_output_tokens=64))
            await until_end(connection, ("response.completed", "error"))


async def realtime(client):
    async with opened(client.realtime.connect(model="gpt-realtime")) as connection:
        await value(connection.session.update(session={"type": "realtime", "output_modalities": ["text"],
                                                       "max_output_tokens": 300, "instructions": "Be brief."}))
        await value(connection.conversation.item.create(item={
            "type": "message", "role": "user", "content": [{"type": "input_text", "text": "Is bus 7 late?"}]}))
        await value(connection.response.create())
        await until_end(connection, ("response.done", "error"))
        for how in ("tools", "fail"):
            await value(connection.response.create(response={"instructions": how}))
            await until_end(connection, ("response.done", "error"))
        for audio in ("AAAA" * 2000, ""):
            await value(connection.input_audio_buffer.append(audio=audio))
        await until_end(connection, ("response.done", "error"))


async def main(client):
    await responses(client)
    await realtime(client)


make = openai.AsyncOpenAI if is_async else openai.OpenAI
asyncio.run(main(make(base_url=base + "/v1", max_retries=0)))
