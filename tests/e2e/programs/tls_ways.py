"""Makes TLS connections: by socket, by address, in memory (asyncio), and one whose handshake fails."""
import asyncio
import ssl
import sys
import urllib.request

url = sys.argv[1]
context = ssl._create_unverified_context()


async def ask():
    reader, writer = await asyncio.open_connection("localhost", int(url.split(":")[2].split("/")[0]), ssl=context)
    writer.write(b"GET /x HTTP/1.1\r\nHost: x\r\n\r\n")
    await reader.read(10)
    writer.close()


urllib.request.urlopen(url, context=context).read()
urllib.request.urlopen(url.replace("localhost", "127.0.0.1"), context=context).read()
asyncio.run(ask())
try:
    urllib.request.urlopen(url, context=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
except OSError as e:
    print(type(e).__name__)
