import sys

from google import genai

client = genai.Client(http_options={"base_url": sys.argv[1]})
asked = {"model": "gemini-2.5-flash", "contents": "Is bus 7 late?"}
print(client.models.generate_content(**asked).text)
for chunk in client.models.generate_content_stream(**asked):
    print(chunk.text)
