"""The official Python client saying all it can: `client.py URL MODE VALUES`, VALUES a JSON list of arguments."""

import asyncio
import json
import sys

import mcp_types as types
from mcp import Client

URL, MODE = sys.argv[1], sys.argv[2]
# What only Python writes this way: 1.0, 1e+16, and integers that no double holds.
VALUES = [*json.loads(sys.argv[3]), 1.0, -0.0, 1e16, 2**53 + 1, 12345678901234567890, -(2**63)]


async def sample(_context: object, _params: object) -> types.CreateMessageResult:
    content = types.TextContent(type="text", text="forty-two")
    return types.CreateMessageResult(role="assistant", content=content, model="none")


async def elicit(_context: object, _params: object) -> types.ElicitResult:
    return types.ElicitResult(action="accept", content={"username": "ada", "email": "ada@example.org"})


async def roots(_context: object) -> types.ListRootsResult:
    return types.ListRootsResult(roots=[types.Root(uri="file:///work")])


async def attempt(request: object) -> None:
    """A server may answer with an error, or ask again and again; what was sent is all that counts."""
    try:
        await request
    except Exception:
        pass


async def main() -> None:
    callbacks = {"sampling_callback": sample, "elicitation_callback": elicit, "list_roots_callback": roots}
    async with Client(URL, mode=MODE, cache=None, **callbacks) as client:
        for tool in ("test_sampling", "test_elicitation", "test_input_required_result_elicitation"):
            await attempt(client.call_tool(tool, {"prompt": "six by nine", "message": "who?"}))
        for index, value in enumerate(VALUES):
            await attempt(client.call_tool("greet", {"name": "Ada", "value": value}))
            await attempt(client.read_resource(f"test://template/{index}/data"))
            await attempt(client.get_prompt("test_prompt_with_arguments", {"arg1": "paris", "arg2": str(value)}))
            reference = types.PromptReference(type="ref/prompt", name="test_prompt_with_arguments")
            await attempt(client.complete(reference, {"name": "arg1", "value": "p"}))
            if index % 5 == 0:
                await attempt(client.list_tools())
                await attempt(client.list_resources())
                await attempt(client.list_prompts())


asyncio.run(main())
