"""Uses the Live API of the official `google-genai` package."""

import asyncio
import sys

from google import genai
from google.genai import types

client = genai.Client(api_key="not-a-key", http_options=types.HttpOptions(base_url=sys.argv[1]))


async def say(session, text):
    await session.send_client_content(turns=types.Content(role="user", parts=[types.Part(text=text)]), turn_complete=True)
    async for message in session.receive():
        print(message.text, message.tool_call and message.tool_call.function_calls[0].name,
              message.usage_metadata and message.usage_metadata.total_token_count)
        if message.tool_call:
            await session.send_tool_response(
                function_responses=[types.FunctionResponse(id="c1", name="late", response={"late": False})])


async def main():
    config = {"response_modalities": ["TEXT"], "temperature": 0.5, "max_output_tokens": 99}
    async with client.aio.live.connect(model="gemini-live-2.5-flash", config=config) as session:
        await say(session, "Is bus 7 late?")
        await say(session, "Use your tools.")
    try:
        async with client.aio.live.connect(model="unknown", config=config) as session:
            print("connected")
    except Exception as e:
        print(type(e).__name__, e)


asyncio.run(main())
