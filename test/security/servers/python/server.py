"""The official Python SDK with tools that write down that they ran: `server.py stdio` or `server.py http PORT`."""

import sys

from executing import TOOLS
from mcp.server.mcpserver import MCPServer

server = MCPServer("python-executing", log_level="CRITICAL")
for tool in TOOLS:
    server.add_tool(tool)

if sys.argv[1] == "stdio":
    server.run("stdio")
else:
    server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[2]), stateless_http=True, json_response=True)
