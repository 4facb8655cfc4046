"""The tools of both Python servers, which write down that they ran and with which arguments."""

import json
import math
import os

from pydantic import BaseModel

RECORD = open(os.environ["RECORD_FILE"], "a", buffering=1, encoding="utf-8")


class Options(BaseModel):
    amount: float = 0


def ran(tool: str, **args: object) -> str:
    RECORD.write(json.dumps({"tool": tool, "args": args}) + "\n")
    return f"{tool} ran"


def finite(amount: float) -> float:
    """JSON has no word for the others; they count as too much."""
    return amount if math.isfinite(amount) else 1e308


def safe() -> str:
    return ran("safe")


def danger() -> str:
    return ran("danger")


def pay(amount: float = 0) -> str:
    return ran("pay", amount=finite(amount))


def write(path: str = "") -> str:
    return ran("write", path=path)


def order(opts: Options | None = None) -> str:
    return ran("order", opts={"amount": finite(opts.amount)} if opts else None)


def typed(
    force: bool = False,
    uid: int = 1,
    nums: list[int] | None = None,
    detail: Options | None = None,
    mode: str = "test",
) -> str:
    amount = finite(detail.amount) if detail else 0
    return ran("typed", force=force, uid=uid, nums=nums or [], detail={"amount": amount}, mode=mode)


TOOLS = (safe, danger, pay, write, order, typed)
