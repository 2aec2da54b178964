import sys

from langchain_openai import ChatOpenAI

model = ChatOpenAI(model="gpt-4o-mini", base_url=sys.argv[1] + "/v1", stream_usage=True, max_retries=0)
print(model.invoke("Is bus 7 late?").content)
for chunk in model.stream("Is bus 7 late?"):
    print(chunk.content)
