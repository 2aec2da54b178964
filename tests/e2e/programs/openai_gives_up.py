"""Reads the first two chunks of a stream and ends."""

import sys

import openai

client = openai.OpenAI(base_url=sys.argv[1] + "/v1", max_retries=0)
stream = client.chat.completions.create(
    model="gpt-4o-mini",
    messages=[{"role": "user", "content": "Is bus 7 late?"}],
    stream=True,
    stream_options={"include_usage": True},
)
for n, chunk in enumerate(stream):
    print(chunk.choices[0].delta.content)
    if n == 1:
        stream.close()
        break
