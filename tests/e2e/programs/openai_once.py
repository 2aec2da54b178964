"""Makes one chat request, with the retries of the client."""

import sys

import openai

client = openai.OpenAI(base_url=sys.argv[1] + "/v1", max_retries=5)
reply = client.chat.completions.create(model="gpt-4o-mini", messages=[{"role": "user", "content": "Is bus 7 late?"}])
print(reply.choices[0].message.content)
