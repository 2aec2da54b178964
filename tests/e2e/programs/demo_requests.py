import os

import requests

reply = requests.post(
    os.environ["ANTHROPIC_BASE_URL"] + "/v1/messages",
    headers={"x-api-key": os.environ["ANTHROPIC_API_KEY"], "anthropic-version": "2023-06-01"},
    json={
        "model": "claude-sonnet-4-5",
        "max_tokens": 300,
        "messages": [{"role": "user", "content": "Is bus 7 late today?"}],
    },
)
print(reply.json()["content"][0]["text"])
