"""Runs the steps of the zoo with a client in Python, and prints a line of JSON for each."""

import json
import sys
import time

import anyio

CLIENT_NAME, CLIENT_VERSION = "zoo", "1.0.0"
MODEL_ANSWER = {"role": "assistant", "model": "none", "content": {"type": "text", "text": "because"}}
USER_ANSWER = {"name": "Ada"}
ROOT = {"uri": "file:///work", "name": "work"}
ABSENT = {"absent": True}
# Far more than a notification needs that is already on its way.
WAIT_SECONDS = 5


class Unanswered(Exception):
    """The operation ended because this client cancelled it."""


def target_and_steps():
    return json.loads(sys.argv[1])


def mode_for(target):
    """The negotiation of a 2.x client."""
    return "legacy" if target.get("isLegacy") else "auto"


def plain(value):
    """A result of the library as JSON."""
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json", by_alias=True, exclude_none=True)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


async def until(claim):
    """Waits until the claim holds, for a bounded time: the transcript then shows what is missing."""
    ends_at = time.monotonic() + WAIT_SECONDS
    while not claim() and time.monotonic() < ends_at:
        await anyio.sleep(0.005)


async def run(client, initialized, steps):
    """`client` has the operations of `Operations`; an operation that the library does not offer is None."""
    show({"do": "initialize", "result": plain(initialized)})
    for step in steps:
        subject = step.get("tool") or step.get("name") or step.get("uri")
        name = step["do"] if subject is None else f"{step['do']} {subject}"
        show({"do": name, **await outcome(client, step)})


def show(line):
    print(json.dumps(line, ensure_ascii=False), flush=True)


async def outcome(client, step):
    try:
        return await take(client, step)
    except Exception as error:  # Every failure is part of the transcript.
        return {"error": error_of(error)}


def error_of(error):
    data = getattr(error, "error", None)
    code = getattr(data, "code", None)
    message = str(error) if data is None else data.message
    return {"name": type(error).__name__, "message": message, **({} if code is None else {"code": code})}


async def take(client, step):
    if getattr(client, step["do"], None) is None or step.get("needs", client.can[0]) not in client.can:
        return ABSENT
    kind = step["do"]
    if kind == "call":
        return await call(client, step)
    if kind == "cancel":
        return await cancel(client, step)
    inputs = {
        "read": ["uri"],
        "prompt": ["name", "arguments"],
        "complete": ["prompt", "argument", "value"],
        "level": ["level"],
    }.get(kind, [])
    result = await getattr(client, kind)(*[step[name] for name in inputs])
    if kind == "level":
        client.is_logging = True
    return {"result": plain(result)}


async def call(client, step):
    progress = []

    async def on_progress(done, total, message):
        progress.append({"progress": done, "total": total, "message": message})

    wanted = step.get("progress", 0)
    result = await client.call(step["tool"], step.get("arguments"), on_progress if wanted else None)
    await until(lambda: len(progress) >= wanted)
    logs = step.get("logs", 0) if client.is_logging else 0
    await until(lambda: len(client.logs) >= logs)
    shown = [plain(client.logs.pop(0)) for _ in range(min(logs, len(client.logs)))]
    return {"result": plain(result), "progress": progress[:wanted], "logs": shown}


async def cancel(client, step):
    if "cancel" not in client.can:
        return ABSENT
    scope = anyio.CancelScope()

    async def on_progress(*_):
        scope.cancel()

    with scope:
        return {"result": plain(await client.call(step["tool"], step["arguments"], on_progress))}
    raise Unanswered("cancelled by this client")
