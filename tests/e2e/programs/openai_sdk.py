"""Uses all APIs that gentap covers of the official `openai` package; with a second argument through its async
client."""

import asyncio
import sys

import openai
from sync_or_async import items, value

base = sys.argv[1]
question = [{"role": "user", "content": "Is bus 7 late?"}]


async def main(client):
    reply = await value(client.chat.completions.create(model="gpt-4o-mini", messages=question))
    print(reply.choices[0].message.content, reply.usage.total_tokens)

    stream = await value(
        client.chat.completions.create(model="gpt-4o-mini", messages=question, stream=True, stream_options={"include_usage": True})
    )
    async for chunk in items(stream):
        print([c.delta.content for c in chunk.choices], chunk.usage and chunk.usage.total_tokens)

    reply = await value(
        client.chat.completions.create(
            model="gpt-4o", messages=question, n=2, temperature=0.25, top_p=0.5, seed=11, max_tokens=64, stop=["END"],
            frequency_penalty=0.5, presence_penalty=-0.5, response_format={"type": "json_object"},
        )
    )
    print([c.finish_reason for c in reply.choices])

    reply = await value(client.responses.create(model="gpt-5-mini", input="Is bus 7 late?"))
    print(reply.output_text, reply.usage.output_tokens)

    stream = await value(client.responses.create(model="gpt-5-mini", input="Is bus 7 late?", stream=True))
    async for event in items(stream):
        print(event.type)

    reply = await value(client.completions.create(model="gpt-3.5-turbo-instruct", prompt="Bus 7 is"))
    print(reply.choices[0].text)

    reply = await value(client.embeddings.create(model="text-embedding-3-small", input="bus 7"))
    print(reply.data[0].embedding)

    for model in ("gpt-unauthorised", "gpt-busy"):
        try:
            await value(client.chat.completions.create(model=model, messages=question))
        except openai.APIStatusError as e:
            print(type(e).__name__, e.status_code)

    stream = await value(client.chat.completions.create(model="gpt-breaks", messages=question, stream=True))
    try:
        async for chunk in items(stream):
            print(chunk.choices[0].delta.content)
    except openai.APIError as e:
        print(type(e).__name__, e.message)


make = openai.AsyncOpenAI if sys.argv[2:] else openai.OpenAI
asyncio.run(main(make(base_url=base + "/v1", max_retries=0)))
