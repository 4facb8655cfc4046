"""A small MCP server over stdio for pods of the tests; its tool `orphans` leaves processes behind."""

import json
import os
import sys


def leave_orphans(count):
    for _ in range(count):
        if os.fork() == 0:
            if os.fork() == 0:
                os._exit(0)
            os._exit(0)
        os.wait()


def processes():
    states = []
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open(f"/proc/{name}/stat") as stat:
                states.append(stat.read().rsplit(")", 1)[1].split()[0])
        except OSError:
            pass
    return states


def result_of(method, params):
    if method == "initialize":
        return {"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": {"name": "calculator", "version": "1"}}
    if method == "tools/list":
        return {"tools": [{"name": name, "inputSchema": {"type": "object"}} for name in ("sum", "orphans")]}
    arguments = params.get("arguments", {})
    if params.get("name") == "orphans":
        leave_orphans(int(arguments.get("count", 1)))
        text = json.dumps({"zombies": processes().count("Z"), "uid": os.getuid()})
    else:
        text = str(sum(arguments.get("numbers", [])))
    return {"content": [{"type": "text", "text": text}]}


for line in sys.stdin:
    message = json.loads(line)
    if "id" in message and "method" in message:
        answer = {"jsonrpc": "2.0", "id": message["id"], "result": result_of(message["method"], message.get("params", {}))}
        print(json.dumps(answer), flush=True)
