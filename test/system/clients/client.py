"""Sends requests with httpx; prints kind, status and body of each response."""

import sys

import httpx

LARGE = 16 << 20
PING = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'


def chunks():
    for _ in range(LARGE >> 16):
        yield b"x" * (1 << 16)


def main(url: str) -> None:
    with httpx.Client(trust_env=False) as client:

        def post(kind, body=PING, content_type="application/json", padding=""):
            headers = {"Content-Type": content_type, "X-Padding": padding}
            response = client.post(url, content=body, headers=headers)
            print(f"{kind}\t{response.status_code}\t{response.text}")

        post("served")
        post("served again")
        post("charset", content_type="application/json; charset=UTF8")
        for _ in range(3):
            post("large", b"x" * LARGE)
            post("chunked", chunks())
            post("headers", padding="x" * 20_000)
        post("after all")


main(sys.argv[1])
