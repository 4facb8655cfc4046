"""A server of the official Python SDK over HTTP+SSE: prints the address of its stream, and serves until it is killed."""

import socket

import uvicorn
from mcp.server.mcpserver import Context, MCPServer

server = MCPServer("python")


@server.tool()
def echo(message: str) -> str:
    return message


@server.tool()
def secret() -> str:
    return "hidden"


@server.tool()
async def count(steps: int, context: Context) -> str:
    for step in range(1, steps + 1):
        await context.report_progress(step, steps)
    return "done"


listener = socket.create_server(("127.0.0.1", 0))
print(f"http://127.0.0.1:{listener.getsockname()[1]}/sse", flush=True)
uvicorn.Server(uvicorn.Config(server.sse_app(), log_level="error")).run(sockets=[listener])
