"""The streamable-HTTP server of the `mcp` package. Prints its port and serves until its standard input ends.

    mcp_server.py [old] [json] [stateless] [tls CHAIN KEY]

The tool `think` asks the model at LLM_URL as soon as `together` calls of it are open.
"""

import asyncio
import os
import socket
import sys

import httpx
import uvicorn
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp_types import SamplingMessage, TextContent
from pydantic import BaseModel

server = MCPServer("timetable")


@server.tool()
def bus_status(line: int) -> str:
    """Minutes that a bus is late."""
    return f"bus {line} is four minutes late"


@server.tool()
def fail() -> str:
    """Always fails."""
    raise ValueError("no timetable today")


class Answer(BaseModel):
    line: int


@server.tool()
async def ask_user(ctx: Context) -> str:
    """Which line it is about."""
    return str(await ctx.elicit("Which line?", Answer))


@server.tool()
async def ask_model(ctx: Context) -> str:
    """Lets the client's model have a say."""
    message = SamplingMessage(role="user", content=TextContent(type="text", text="Is bus 7 late?"))
    reply = await ctx.session.create_message([message], max_tokens=9, related_request_id=ctx.request_id)
    return reply.content.text


@server.tool()
async def ask_roots(ctx: Context) -> str:
    """Where the client's files are."""
    return str((await ctx.session.list_roots()).roots[0].uri)


thinking = []


@server.tool()
async def think(together: int) -> str:
    """Asks a model of its own."""
    thinking.append(asyncio.Event())
    if len(thinking) == together:
        for event in thinking:
            event.set()
    await thinking[-1].wait()
    question = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Is bus 7 late?"}]}
    async with httpx.AsyncClient() as client:
        reply = await client.post(os.environ["LLM_URL"], json=question)
    return reply.json()["model"]


@server.resource("file:///timetable.txt")
def timetable() -> str:
    return "7: 12:00"


@server.prompt()
def plan_trip(to: str) -> str:
    return f"Plan a trip to {to}"


async def main():
    if "old" in sys.argv:
        app = server.sse_app()
    else:
        app = server.streamable_http_app(json_response="json" in sys.argv, stateless_http="stateless" in sys.argv)
    sock = socket.create_server(("127.0.0.1", 0))
    tls = {}
    if "tls" in sys.argv:
        chain, key = sys.argv[sys.argv.index("tls") + 1:]
        tls = {"ssl_certfile": chain, "ssl_keyfile": key}
    running = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1, date_header=False, **tls))
    task = asyncio.create_task(running.serve([sock]))
    while not running.started:
        await asyncio.sleep(0.01)
    print(sock.getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    running.should_exit = True
    await task


asyncio.run(main())
