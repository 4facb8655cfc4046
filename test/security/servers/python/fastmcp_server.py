"""FastMCP with tools that write down that they ran: `fastmcp_server.py stdio` or `fastmcp_server.py http PORT`."""

import sys

from executing import TOOLS
from fastmcp import FastMCP

server = FastMCP("fastmcp-executing")
for tool in TOOLS:
    server.tool(tool)

if sys.argv[1] == "stdio":
    server.run("stdio", show_banner=False)
else:
    options = {"log_level": "CRITICAL", "stateless_http": True, "json_response": True}
    server.run("http", show_banner=False, host="127.0.0.1", port=int(sys.argv[2]), path="/mcp", **options)
