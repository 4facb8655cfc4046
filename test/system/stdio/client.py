"""The official Python client, told by lines of JSON what to ask: a line in, a line out, until the input ends."""

import json
import sys

import anyio
from mcp import Client, StdioServerParameters
from mcp.shared.exceptions import MCPError


def server_in(target):
    """A URL, or a command with the environment it gets."""
    if "url" in target:
        return target["url"]
    command, *args = target["command"]
    return StdioServerParameters(command=command, args=args, env=target["environment"])


async def answer(client, asked):
    try:
        if asked["method"] == "tools/list":
            return {"tools": [tool.name for tool in (await client.list_tools()).tools]}
        result = await client.call_tool(asked["name"], asked["arguments"])
        text = "".join(part.text for part in result.content if part.type == "text")
        return {"isError": bool(result.is_error), "text": text}
    except MCPError as error:
        return {"isError": True, "text": error.message}


async def main():
    async with Client(server_in(json.loads(sys.argv[1]))) as client:
        print(json.dumps({"revision": client.protocol_version}), flush=True)
        while line := await anyio.to_thread.run_sync(sys.stdin.readline):
            print(json.dumps(await answer(client, json.loads(line))), flush=True)


anyio.run(main)
