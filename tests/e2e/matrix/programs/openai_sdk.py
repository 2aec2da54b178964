import sys

import openai

client = openai.OpenAI(base_url=sys.argv[1] + "/v1", max_retries=0)
question = [{"role": "user", "content": "Is bus 7 late?"}]

reply = client.chat.completions.create(model="gpt-4o-mini", messages=question)
print(reply.choices[0].message.content, reply.usage.total_tokens)
for chunk in client.chat.completions.create(model="gpt-4o-mini", messages=question, stream=True,
                                            stream_options={"include_usage": True}):
    print([c.delta.content for c in chunk.choices])
print(client.responses.create(model="gpt-5-mini", input="Is bus 7 late?").output_text)
for event in client.responses.create(model="gpt-5-mini", input="Is bus 7 late?", stream=True):
    print(event.type)
