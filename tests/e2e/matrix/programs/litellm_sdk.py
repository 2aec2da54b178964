import sys

import litellm

asked = {"model": "openai/gpt-4o-mini", "base_url": sys.argv[1] + "/v1",
         "messages": [{"role": "user", "content": "Is bus 7 late?"}]}
print(litellm.completion(**asked).choices[0].message.content)
for chunk in litellm.completion(**asked, stream=True, stream_options={"include_usage": True}):
    print([c.delta.content for c in chunk.choices])
