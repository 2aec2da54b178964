"""Uses the official `google-genai` package; with a second argument its async client."""

import asyncio
import sys

from google import genai
from google.genai import errors, types

client = genai.Client(http_options=types.HttpOptions(base_url=sys.argv[1]))
model = "gemini-2.5-flash"


def sync():
    reply = client.models.generate_content(model=model, contents="Is bus 7 late?")
    print(reply.text, reply.usage_metadata.total_token_count)
    for chunk in client.models.generate_content_stream(model=model, contents="Is bus 7 late?"):
        print(chunk.text)
    print(client.models.embed_content(model="gemini-embedding-001", contents="bus 7").embeddings[0].values)
    try:
        client.models.generate_content(model="gemini-busy", contents="Is bus 7 late?")
    except errors.APIError as e:
        print(e.code, e.status)


async def concurrent():
    reply = await client.aio.models.generate_content(model=model, contents="Is bus 7 late?")
    print(reply.text, reply.usage_metadata.total_token_count)
    async for chunk in await client.aio.models.generate_content_stream(model=model, contents="Is bus 7 late?"):
        print(chunk.text)
    print((await client.aio.models.embed_content(model="gemini-embedding-001", contents="bus 7")).embeddings[0].values)
    try:
        await client.aio.models.generate_content(model="gemini-busy", contents="Is bus 7 late?")
    except errors.APIError as e:
        print(e.code, e.status)
    await client.aio.aclose()


if sys.argv[2:]:
    asyncio.run(concurrent())
else:
    sync()
