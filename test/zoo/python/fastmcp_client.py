"""The client of `fastmcp`."""

import anyio
from fastmcp import Client
from fastmcp.client.transports import SSETransport, StdioTransport, StreamableHttpTransport
from mcp import types

import run_steps as zoo


class Operations:
    can = ("sampling", "elicitation", "roots", "cancel")
    cancel = True

    def __init__(self, client, logs):
        self.client = client
        self.logs = logs
        self.is_logging = False
        self.ping = client.ping
        self.tools = client.list_tools_mcp
        self.resources = client.list_resources_mcp
        self.templates = client.list_resource_templates_mcp
        self.read = client.read_resource_mcp
        self.prompts = client.list_prompts_mcp
        self.prompt = client.get_prompt_mcp
        self.level = client.set_logging_level

    async def call(self, tool, arguments, on_progress):
        return await self.client.call_tool_mcp(tool, arguments or {}, progress_handler=on_progress)

    async def complete(self, prompt, argument, value):
        ref = types.PromptReference(type="ref/prompt", name=prompt)
        return await self.client.complete_mcp(ref, {"name": argument, "value": value})


def transport_to(target):
    if "http" in target:
        return StreamableHttpTransport(target["http"])
    if "sse" in target:
        return SSETransport(target["sse"])
    command, *args = target["stdio"]
    return StdioTransport(command=command, args=args)


async def sample(_messages, _params, _context):
    return types.CreateMessageResult(**zoo.MODEL_ANSWER)


async def elicit(_message, _response_type, _params, _context):
    return zoo.USER_ANSWER


async def main():
    target, steps = zoo.target_and_steps()
    logs = []

    async def log(params):
        logs.append(params)

    client = Client(
        transport_to(target),
        mode=zoo.mode_for(target),
        client_info=types.Implementation(name=zoo.CLIENT_NAME, version=zoo.CLIENT_VERSION),
        roots=[types.Root(**zoo.ROOT)],
        sampling_handler=sample,
        elicitation_handler=elicit,
        log_handler=log,
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
