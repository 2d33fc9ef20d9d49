"""Performs calls with a Python client, one for each line of stdin.

A line of stdin is a call as JSON, and one of stdout says what came of it. A call is a dotted path into the program's
names, such as `client.predictions.create`, with its arguments. Its value can be kept under a name of its own, which
later calls use like the program's names.
"""

from __future__ import annotations

import asyncio
import inspect
import io
import json
import sys
import types
from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import datetime
from enum import Enum
from typing import Any


def serve(names: dict[str, Any]) -> None:
    """Perform calls until stdin ends.

    Args:
        names: What the paths of calls begin with.
    """
    loop = asyncio.new_event_loop()
    # Only results go to the caller: some clients print warnings.
    results, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        call = json.loads(line)
        try:
            value: Any = find(names, call["path"])
            if callable(value):
                arguments = [restore(names, argument) for argument in call["arguments"]]
                value = value(*arguments, **{name: restore(names, it) for name, it in call["keywords"].items()})
            if inspect.isawaitable(value):
                value = loop.run_until_complete(value)
            if isinstance(value, AsyncIterator):
                value = loop.run_until_complete(collect(value))
            if isinstance(value, Iterator) or call["collect"]:
                value = list(value)
            if call["name"]:
                names[call["name"]] = value
            outcome = {"value": plain(value)}
        except Exception as error:
            outcome = {"error": describe(error)}
        results.write(json.dumps(outcome) + "\n")
        results.flush()


def find(names: Mapping[str, Any], path: str) -> Any:
    """What a dotted path leads to; a part may be an attribute, a key or an index."""
    first, *others = path.split(".")
    value = names[first]
    for part in others:
        if isinstance(value, Mapping):
            value = value[part]
        elif part.isdigit():
            value = value[int(part)]
        else:
            value = getattr(value, part)
    return value


def restore(names: Mapping[str, Any], argument: Any) -> Any:
    """An argument with its stand-ins replaced: a path by what it leads to, a file by an open one."""
    if isinstance(argument, list):
        return [restore(names, item) for item in argument]
    if not isinstance(argument, dict):
        return argument
    if "$path" in argument:
        return find(names, argument["$path"])
    if "$file" in argument:
        file = io.BytesIO(argument["$file"].encode())
        file.name = argument["name"]
        return file
    return {key: restore(names, value) for key, value in argument.items()}


def plain(value: Any) -> Any:
    """A value as JSON; of a file, its address and what it holds."""
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, bytes):
        return {"size": len(value), "kind": value[4:8].decode("latin-1")}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        # Generic classes of pydantic's version 1 have a private one among their fields.
        return {str(key): plain(item) for key, item in value.items() if not str(key).startswith("_")}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if hasattr(value, "url") and hasattr(value, "read"):
        return {"url": str(value.url), **plain(value.read())}
    for convert in ("model_dump", "dict"):
        if isinstance(method := getattr(value, convert, None), types.MethodType):
            return plain(method())
    return str(value)


async def collect(items: AsyncIterator[Any]) -> list[Any]:
    """All items."""
    return [item async for item in items]


def describe(error: Exception) -> dict[str, Any]:
    """An error's class, text and status, which clients keep in one of three places."""
    response = getattr(error, "response", None)
    statuses = (
        getattr(error, "status", None),
        getattr(error, "status_code", None),
        getattr(response, "status_code", None),
    )
    status = next((status for status in statuses if isinstance(status, int)), None)
    return {"name": type(error).__name__, "message": str(error), "status": status}
