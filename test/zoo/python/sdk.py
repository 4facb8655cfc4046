"""The operations of the Python SDK of either version: their clients have methods and callbacks of the same names."""

from mcp import types

import run_steps as zoo


class Operations:
    """The operations of a connected client; a 1.x session or a 2.x client."""

    def __init__(self, sdk, logs, *, can, is_logging):
        self.sdk = sdk
        self.logs = logs
        self.can = can
        # A client of the 2.x asks for log messages with each request.
        self.is_logging = is_logging
        self.cancel = "cancel" in can
        self.ping = sdk.send_ping
        self.tools = sdk.list_tools
        self.resources = sdk.list_resources
        self.templates = sdk.list_resource_templates
        self.read = sdk.read_resource
        self.prompts = sdk.list_prompts
        self.prompt = sdk.get_prompt
        self.level = sdk.set_logging_level

    async def call(self, tool, arguments, on_progress):
        return await self.sdk.call_tool(tool, arguments, progress_callback=on_progress)

    async def complete(self, prompt, argument, value):
        ref = types.PromptReference(type="ref/prompt", name=prompt)
        return await self.sdk.complete(ref, {"name": argument, "value": value})


async def sample(_context, _params):
    return types.CreateMessageResult(**zoo.MODEL_ANSWER)


async def elicit(_context, _params):
    return types.ElicitResult(action="accept", content=zoo.USER_ANSWER)


async def roots(_context):
    return types.ListRootsResult(roots=[types.Root(**zoo.ROOT)])


def callbacks(logs):
    """The keyword arguments that make a client answer the server, and keep its log messages in `logs`."""

    async def log(params):
        logs.append(params)

    return {
        "client_info": types.Implementation(name=zoo.CLIENT_NAME, version=zoo.CLIENT_VERSION),
        "sampling_callback": sample,
        "elicitation_callback": elicit,
        "list_roots_callback": roots,
        "logging_callback": log,
    }
