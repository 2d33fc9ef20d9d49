"""A minimal ASGI application on uvicorn, which only returns recorded responses.

Usage: python -m benchmarks.workers.bare PORT FILE, a JSON file with status, headers and body for each method
"""

from __future__ import annotations

import json
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any

import uvicorn

Message = MutableMapping[str, Any]


def application(responses: dict[str, Any]) -> Callable[..., Awaitable[None]]:
    """Return the application.

    Args:
        responses: The responses, by method.
    """
    messages: dict[str, tuple[Message, Message]] = {}
    for method, response in responses.items():
        headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response["headers"]]
        start = {"type": "http.response.start", "status": response["status"], "headers": headers}
        messages[method] = start, {"type": "http.response.body", "body": response["body"].encode()}

    async def app(
        scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        if scope["method"] == "POST":
            while (await receive()).get("more_body", False):
                pass
        start, body = messages[scope["method"]]
        await send(start)
        await send(body)

    return app


if __name__ == "__main__":
    port, file = sys.argv[1:]
    uvicorn.run(
        application(json.loads(Path(file).read_text(encoding="utf-8"))),
        port=int(port),
        http="httptools",
        loop="uvloop",
        access_log=False,
        lifespan="off",
        log_level="critical",
        proxy_headers=False,
        server_header=False,
        ws="none",
    )
