"""Speaks to WebSockets through `websockets`, its asyncio client, or `websocket-client`: socket_clients.py WAY BASE WHAT."""

import asyncio
import json
import sys

way, base, what = sys.argv[1:4]
url = base.replace("http", "ws", 1)
LIVE = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent"
LONG = "Is bus 7 late? " * 8000  # more than one TLS record, and a length of 8 bytes


def say(text):
    return {"clientContent": {"turns": [{"role": "user", "parts": [{"text": text}]}], "turnComplete": True}}


TALKS = {  # the path, and the messages with the member that ends each answer
    "responses": ("/v1/responses", [
        ({"type": "response.create", "model": "gpt-5-mini", "input": LONG}, "response.completed"),
        ({"type": "response.create", "model": "gpt-5-mini", "input": "And bus 9?", "previous_response_id": "resp_1"},
         "response.completed"),
    ]),
    "realtime": ("/v1/realtime?model=gpt-realtime", [
        ({"type": "session.update", "session": {"model": "gpt-realtime-mini", "output_modalities": ["text"]}}, "session.updated"),
        ({"type": "response.create", "response": {"max_output_tokens": 50}}, "response.done"),
    ]),
    "live": (LIVE, [
        ({"setup": {"model": "models/gemini-live", "generationConfig": {"temperature": 0.5}}}, "setupComplete"),
        (say("Is bus 7 late?"), "usageMetadata"),
        (say("And bus 9?"), "usageMetadata"),
    ]),
    "dropped": ("/v1/responses", [({"type": "response.create", "model": "gpt-drops", "input": "hi"}, "response.completed")]),
    "closed": ("/v1/realtime?model=gpt-realtime", [
        ({"type": "response.create", "response": {"instructions": "close"}}, "response.done")]),
    "abandoned": ("/v1/responses", [({"type": "response.create", "model": "gpt-waits", "input": "hi"}, "response.created")]),
    "other": ("/chat", [({"type": "response.create", "model": "gpt-5-mini", "input": "hi"}, "response.create")]),
    "refused": ("/v1/realtime?model=refused", []),
}


def has_ended(message, end):
    m = json.loads(message)
    print(m.get("type") or sorted(m), len(message))
    return m.get("type") == end or end in m


def with_websockets(path, talk):
    from websockets.sync.client import connect

    with connect(url + path, max_size=None, compression=None if "plain" in way else "deflate") as ws:
        for message, end in talk:
            ws.send(json.dumps(message))
            while not has_ended(ws.recv(), end):
                pass


async def with_asyncio(path, talk):
    from websockets.asyncio.client import connect

    async with connect(url + path, max_size=None) as ws:
        for message, end in talk:
            await ws.send(json.dumps(message))
            while not has_ended(await ws.recv(), end):
                pass


def with_websocket_client(path, talk):
    import websocket

    ws = websocket.create_connection(url + path)
    for message, end in talk:
        ws.send(json.dumps(message))
        while not has_ended(ws.recv(), end):
            pass
    ws.close()


try:
    if way == "asyncio":
        asyncio.run(with_asyncio(*TALKS[what]))
    elif way == "websocket-client":
        with_websocket_client(*TALKS[what])
    else:
        with_websockets(*TALKS[what])
except Exception as e:
    print(type(e).__name__, e)
