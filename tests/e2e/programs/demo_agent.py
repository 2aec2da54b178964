from openai import OpenAI

client = OpenAI()  # reads OPENAI_BASE_URL and OPENAI_API_KEY

stream = client.chat.completions.create(
    model="gpt-5.1",
    messages=[{"role": "user", "content": "How do I get to the museum?"}],
    stream=True,
    stream_options={"include_usage": True},
)
for chunk in stream:
    for choice in chunk.choices:
        print(choice.delta.content or "", end="", flush=True)
print()

reply = client.responses.create(model="gpt-5-nano", input="When do I have to leave to be there at half past twelve?")
print(reply.output_text)
