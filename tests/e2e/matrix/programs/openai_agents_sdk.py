import asyncio
import sys

from agents import Agent, OpenAIResponsesModel, Runner
from openai import AsyncOpenAI

model = OpenAIResponsesModel(model="gpt-5-mini", openai_client=AsyncOpenAI(base_url=sys.argv[1] + "/v1", max_retries=0))
agent = Agent(name="timetable", instructions="Be brief.", model=model)


async def main():
    print((await Runner.run(agent, "Is bus 7 late?")).final_output)
    stream = Runner.run_streamed(agent, "Is bus 7 late?")
    async for event in stream.stream_events():
        print(event.type)
    print(stream.final_output)


asyncio.run(main())
