"""The client of `mcp` 2.x, which asks the server for its revision and speaks either era."""

import anyio
from mcp import Client, StdioServerParameters, types
from mcp.client.sse import sse_client

import run_steps as zoo


class Operations:
    can = ("sampling", "elicitation", "roots", "cancel")
    cancel = True

    def __init__(self, client, logs):
        self.client = client
        self.logs = logs
        self.is_logging = True
        self.ping = client.send_ping
        self.tools = client.list_tools
        self.resources = client.list_resources
        self.templates = client.list_resource_templates
        self.read = client.read_resource
        self.prompts = client.list_prompts
        self.prompt = client.get_prompt
        self.level = client.set_logging_level

    async def call(self, tool, arguments, on_progress):
        return await self.client.call_tool(tool, arguments, progress_callback=on_progress)

    async def complete(self, prompt, argument, value):
        ref = types.PromptReference(type="ref/prompt", name=prompt)
        return await self.client.complete(ref, {"name": argument, "value": value})


def server_in(target):
    if "http" in target:
        return target["http"]
    if "sse" in target:
        return sse_client(target["sse"])
    command, *args = target["stdio"]
    return StdioServerParameters(command=command, args=args)


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

    client = Client(
        server_in(target),
        mode=zoo.mode_for(target),
        client_info=types.Implementation(name=zoo.CLIENT_NAME, version=zoo.CLIENT_VERSION),
        sampling_callback=sample,
        elicitation_callback=elicit,
        list_roots_callback=roots,
        logging_callback=log,
        log_level="info",
    )
    async with client:
        initialized = {
            "protocolVersion": client.protocol_version,
            "server": zoo.plain(client.server_info),
            "capabilities": zoo.plain(client.server_capabilities),
            "instructions": client.instructions,
        }
        await zoo.run(Operations(client, logs), initialized, steps)


anyio.run(main)
