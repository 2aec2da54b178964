"""Lets one program run the sync and the async client of an SDK."""

import inspect


async def value(maybe_awaitable):
    return await maybe_awaitable if inspect.isawaitable(maybe_awaitable) else maybe_awaitable


async def items(stream):
    if hasattr(stream, "__aiter__"):
        async for item in stream:
            yield item
    else:
        for item in stream:
            yield item
