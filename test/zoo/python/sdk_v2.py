"""The client of `mcp` 2.x, which asks the server for its revision and speaks either era."""

import anyio
from mcp import Client, StdioServerParameters
from mcp.client.sse import sse_client

import run_steps as zoo
import sdk


def server_in(target):
    if "http" in target:
        return target["http"]
    if "sse" in target:
        return sse_client(target["sse"])
    command, *args = target["stdio"]
    return StdioServerParameters(command=command, args=args)


async def main():
    target, steps = zoo.target_and_steps()
    logs = []
    mode = zoo.mode_for(target)
    async with Client(server_in(target), mode=mode, log_level="info", **sdk.callbacks(logs)) as client:
        initialized = {
            "protocolVersion": client.protocol_version,
            "server": zoo.plain(client.server_info),
            "capabilities": zoo.plain(client.server_capabilities),
            "instructions": client.instructions,
        }
        can = ("sampling", "elicitation", "roots", "cancel")
        await zoo.run(sdk.Operations(client, logs, can=can, is_logging=True), initialized, steps)


anyio.run(main)
