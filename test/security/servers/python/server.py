"""The official Python SDK with tools that write down that they ran: `server.py stdio` or `server.py http PORT`."""

import json
import math
import os
import sys

from mcp.server.mcpserver import MCPServer
from pydantic import BaseModel

RECORD = open(os.environ["RECORD_FILE"], "a", buffering=1, encoding="utf-8")
server = MCPServer("python-executing", log_level="CRITICAL")


class Options(BaseModel):
    amount: float = 0


def ran(tool: str, **args: object) -> str:
    RECORD.write(json.dumps({"tool": tool, "args": args}) + "\n")
    return f"{tool} ran"


def finite(amount: float) -> float:
    """JSON has no word for the others; they count as too much."""
    return amount if math.isfinite(amount) else 1e308


@server.tool()
def safe() -> str:
    return ran("safe")


@server.tool()
def danger() -> str:
    return ran("danger")


@server.tool()
def pay(amount: float = 0) -> str:
    return ran("pay", amount=finite(amount))


@server.tool()
def write(path: str = "") -> str:
    return ran("write", path=path)


@server.tool()
def order(opts: Options | None = None) -> str:
    return ran("order", opts={"amount": finite(opts.amount)} if opts else None)


@server.tool()
def typed(
    force: bool = False,
    uid: int = 1,
    nums: list[int] | None = None,
    detail: Options | None = None,
    mode: str = "test",
) -> str:
    amount = finite(detail.amount) if detail else 0
    return ran("typed", force=force, uid=uid, nums=nums or [], detail={"amount": amount}, mode=mode)


if sys.argv[1] == "stdio":
    server.run("stdio")
else:
    server.run("streamable-http", host="127.0.0.1", port=int(sys.argv[2]), stateless_http=True, json_response=True)
