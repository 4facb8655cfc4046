"""The client of `mcp` 1.x. It sends no notifications/cancelled, so the steps that need one are left out."""

import anyio
from contextlib import asynccontextmanager

from mcp import ClientSession, StdioServerParameters, types
from mcp.client.sse import sse_client
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamablehttp_client

import run_steps as zoo


class Operations:
    can = ("sampling", "elicitation", "roots")

    def __init__(self, session, logs):
        self.session = session
        self.logs = logs
        self.is_logging = False
        self.ping = session.send_ping
        self.tools = session.list_tools
        self.resources = session.list_resources
        self.templates = session.list_resource_templates
        self.read = session.read_resource
        self.prompts = session.list_prompts
        self.prompt = session.get_prompt
        self.level = session.set_logging_level

    cancel = None

    async def call(self, tool, arguments, on_progress):
        return await self.session.call_tool(tool, arguments, progress_callback=on_progress)

    async def complete(self, prompt, argument, value):
        ref = types.PromptReference(type="ref/prompt", name=prompt)
        return await self.session.complete(ref, {"name": argument, "value": value})


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


async def sample(_context, _params):
    return types.CreateMessageResult(**zoo.MODEL_ANSWER)


async def elicit(_context, _params):
    return types.ElicitResult(action="accept", content=zoo.USER_ANSWER)


async def roots(_context):
    return types.ListRootsResult(roots=[types.Root(**zoo.ROOT)])


async def main():
    target, steps = zoo.target_and_steps()
    logs = []

    async def log(params):
        logs.append(params)

    async with streams_to(target) as (read, write):
        info = types.Implementation(name=zoo.CLIENT_NAME, version=zoo.CLIENT_VERSION)
        session = ClientSession(
            read,
            write,
            client_info=info,
            sampling_callback=sample,
            elicitation_callback=elicit,
            list_roots_callback=roots,
            logging_callback=log,
        )
        async with session:
            initialized = await session.initialize()
            await zoo.run(Operations(session, logs), initialized, steps)


anyio.run(main)
