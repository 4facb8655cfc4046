"""The zoo's server on fastmcp: `server.py stdio`, or `server.py http|sse PORT`."""

import asyncio
import base64
import sys

from fastmcp import Context, FastMCP
from fastmcp.exceptions import ToolError
from fastmcp.tools import ToolResult
from mcp.types import BlobResourceContents, EmbeddedResource, ImageContent, ResourceLink, TextContent
from pydantic import BaseModel

BYTES = bytes([0, 1, 127, 128, 255])
ENCODED = base64.b64encode(BYTES).decode()

server = FastMCP("zoo", version="1.0.0", instructions="A server for comparisons.", mask_error_details=False)
cancelled = asyncio.Event()


class Sum(BaseModel):
    sum: int


class Name(BaseModel):
    name: str


@server.tool
def echo(text: str) -> str:
    """Returns the text."""
    return text


@server.tool
def sum(a: int, b: int) -> Sum:
    """Adds two integers."""
    return Sum(sum=a + b)


@server.tool
def nothing() -> None:
    """Takes nothing and returns nothing."""


@server.tool
def fail(reason: str) -> str:
    """Fails."""
    raise ToolError(f"it failed: {reason}")


@server.tool
def picture() -> ToolResult:
    """Returns content of every kind."""
    blob = BlobResourceContents(uri="zoo://bytes", mimeType="application/octet-stream", blob=ENCODED)
    return ToolResult(
        content=[
            TextContent(type="text", text="a picture"),
            ImageContent(type="image", data=ENCODED, mimeType="image/png"),
            ResourceLink(type="resource_link", uri="zoo://note", name="note"),
            EmbeddedResource(type="resource", resource=blob),
        ]
    )


@server.tool
async def work(steps: int, context: Context) -> str:
    """Sends a log message, then a progress notification for each step."""
    await context.info("at work")
    for step in range(1, steps + 1):
        await context.report_progress(step, steps, f"step {step}")
    # A client that gets progress and result in one piece may not have seen the progress before the result.
    await asyncio.sleep(0.2)
    return "done"


@server.tool
async def ask(context: Context) -> str:
    """Asks the user for a name."""
    answer = await context.elicit("What is your name?", Name)
    return answer.data.name if answer.action == "accept" else answer.action


@server.tool
async def wait(context: Context) -> str:
    """Sends a progress notification, then waits until the call is cancelled."""
    try:
        await context.report_progress(1, 2, "waiting")
        await asyncio.sleep(60)
    except asyncio.CancelledError:
        cancelled.set()
        raise
    return "waited"


@server.tool(name="cancelled")
async def was_cancelled() -> str:
    """Whether a call of `wait` was cancelled."""
    try:
        await asyncio.wait_for(cancelled.wait(), 5)
    except TimeoutError:
        return "no call was cancelled"
    return "a call was cancelled"


@server.resource("zoo://note", mime_type="text/plain")
def note() -> str:
    return "a note with ä and 🦄"


@server.resource("zoo://bytes", mime_type="application/octet-stream")
def some_bytes() -> bytes:
    return BYTES


@server.resource("zoo://item/{item}", mime_type="text/plain")
def item(item: str) -> str:
    return f"item {item}"


@server.prompt
def greet(name: str) -> str:
    """Greets somebody."""
    return f"Say hello to {name}."


if sys.argv[1] == "stdio":
    server.run("stdio", show_banner=False)
else:
    server.run(sys.argv[1], host="127.0.0.1", port=int(sys.argv[2]), path="/" + {"http": "mcp", "sse": "sse"}[sys.argv[1]], show_banner=False)
