import sys

import anthropic

client = anthropic.Anthropic(base_url=sys.argv[1], max_retries=0)
asked = {"model": "claude-tap-1", "max_tokens": 256, "messages": [{"role": "user", "content": "Is bus 7 late?"}]}
print(client.messages.create(**asked).content[0].text)
for event in client.messages.create(**asked, stream=True):
    print(event.type)
