"""The `mcp` package's own streamable-HTTP server. Prints its port, serves until its standard input ends.

    mcp_server.py [json] [stateless]
"""

import asyncio
import socket
import sys

import uvicorn
from mcp.server import MCPServer

server = MCPServer("timetable")


@server.tool()
def bus_status(line: int) -> str:
    """Minutes that a bus is late."""
    return f"bus {line} is four minutes late"


@server.tool()
def fail() -> str:
    """Always fails."""
    raise ValueError("no timetable today")


@server.resource("file:///timetable.txt")
def timetable() -> str:
    return "7: 12:00"


@server.prompt()
def plan_trip(to: str) -> str:
    return f"Plan a trip to {to}"


async def main():
    app = server.streamable_http_app(json_response="json" in sys.argv, stateless_http="stateless" in sys.argv)
    sock = socket.create_server(("127.0.0.1", 0))
    running = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
    task = asyncio.create_task(running.serve([sock]))
    while not running.started:
        await asyncio.sleep(0.01)
    print(sock.getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    running.should_exit = True
    await task


asyncio.run(main())
