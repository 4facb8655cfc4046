"""The official Python client over HTTP+SSE: lists, calls, and prints each answer as a line of JSON."""

import json
import sys

import anyio
from mcp import ClientSession
from mcp.client.sse import sse_client
from mcp.shared.exceptions import MCPError


async def attempt(session, name, arguments):
    try:
        result = await session.call_tool(name, arguments)
        return {"isError": bool(result.is_error), "text": "".join(part.text for part in result.content)}
    except MCPError as error:
        return {"isError": True, "text": error.message}


async def main():
    url, calls = sys.argv[1], json.loads(sys.argv[2])
    async with sse_client(url) as streams, ClientSession(*streams) as session:
        initialized = await session.initialize()
        print(json.dumps({"revision": initialized.protocol_version}))
        print(json.dumps({"tools": [tool.name for tool in (await session.list_tools()).tools]}))
        for name, arguments in calls:
            print(json.dumps(await attempt(session, name, arguments)))


anyio.run(main)
