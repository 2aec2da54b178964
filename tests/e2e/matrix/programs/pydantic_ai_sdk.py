import asyncio
import sys

from pydantic_ai import Agent
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.openai import OpenAIProvider

agent = Agent(OpenAIChatModel("gpt-4o-mini", provider=OpenAIProvider(base_url=sys.argv[1] + "/v1")))


async def main():
    print((await agent.run("Is bus 7 late?")).output)
    async with agent.run_stream("Is bus 7 late?") as stream:
        async for text in stream.stream_text():
            print(text)


asyncio.run(main())
