"""Answers each line, a document in base64, with what json and pydantic_core made of it, each `!` when it was refused."""

import base64
import json
import struct
import sys

from pydantic_core import from_json


class Number:
    def __init__(self, token: str) -> None:
        self.double = float(token)


class Members:
    def __init__(self, pairs: list) -> None:
        self.pairs = pairs


def refuse(_: str) -> None:
    raise ValueError("no JSON")


def double(value: float) -> str:
    return struct.pack(">d", value).hex()


def written(value: object) -> str:
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, str):
        return f'"{value.encode("utf-16-be", "surrogatepass").hex()}"'
    if isinstance(value, Number):
        return double(value.double)
    if isinstance(value, (int, float)):
        return double(float(value))
    if isinstance(value, list):
        return f"[{','.join(written(each) for each in value)}]"
    pairs = value.pairs if isinstance(value, Members) else value.items()
    return "{" + ",".join(f"{written(name)}:{written(each)}" for name, each in pairs) + "}"


def by_json(document: bytes) -> str:
    text = document.decode()
    hooks = {"parse_int": Number, "parse_float": Number, "parse_constant": refuse, "object_pairs_hook": Members}
    return written(json.loads(text, **hooks))


def by_pydantic(document: bytes) -> str:
    return written(from_json(document, allow_inf_nan=False))


def answer(read, document: bytes) -> str:
    try:
        return read(document)
    except (ValueError, RecursionError, OverflowError):
        return "!"


for line in sys.stdin.buffer:
    document = base64.b64decode(line)
    sys.stdout.write(f"{answer(by_json, document)} {answer(by_pydantic, document)}\n")
