"""The client of `mcp` 1.x. It sends no notifications/cancelled, so the steps that need one are left out."""

import anyio
from contextlib import asynccontextmanager

from mcp import ClientSession, StdioServerParameters
from mcp.client.sse import sse_client
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamablehttp_client

import run_steps as zoo
import sdk


@asynccontextmanager
async def streams_to(target):
    if "http" in target:
        async with streamablehttp_client(target["http"]) as (read, write, _):
            yield read, write
    elif "sse" in target:
        async with sse_client(target["sse"]) as streams:
            yield streams
    else:
        command, *args = target["stdio"]
        async with stdio_client(StdioServerParameters(command=command, args=args)) as streams:
            yield streams


async def main():
    target, steps = zoo.target_and_steps()
    logs = []
    async with streams_to(target) as (read, write), ClientSession(read, write, **sdk.callbacks(logs)) as session:
        initialized = await session.initialize()
        can = ("sampling", "elicitation", "roots")
        await zoo.run(sdk.Operations(session, logs, can=can, is_logging=False), initialized, steps)


anyio.run(main)
