"""Secrets of inputs, which are in no error about their creates."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

import zeroscope
from helpers.client import Harness, ScriptedResponses

KEY = "key-0123456789"
PROBLEM = {"content-type": "application/problem+json"}
QUOTED = json.dumps({"title": KEY, "detail": f"bad input: {KEY}"})
INVALID_FIELD = {"type": "enum", "field": "input.key", "description": f"{KEY} is not allowed"}


def parts(error: BaseException | None) -> Iterator[str]:
    """Everything that an error and its causes show."""
    while error is not None:
        # By the body, `find` searches.
        shown = {name: value for name, value in vars(error).items() if name not in {"_body", "_finder", "_request"}}
        yield f"{error} {error!r} {error.args} {shown}"
        error = error.__cause__


@pytest.mark.parametrize("is_list", [False, True])
@pytest.mark.parametrize("in_batch", [False, True])
@pytest.mark.parametrize(
    "response",
    [
        httpx.Response(500, content=QUOTED, headers={**PROBLEM, "x-echo": KEY}),
        httpx.Response(400, text=f"<h1>{KEY}</h1>"),
        httpx.Response(422, content=QUOTED, headers=PROBLEM),
        httpx.Response(422, json={"invalid_fields": [INVALID_FIELD]}, headers=PROBLEM),
        httpx.Response(201, json={"input": {"key": KEY}}),
        httpx.Response(201, text=KEY),
        httpx.RemoteProtocolError(f"illegal line {KEY}"),
    ],
)
def test_error_of_a_create__has_no_secret(
    harness: Harness,
    declare_secret: Callable[..., None],
    response: httpx.Response | Exception,
    in_batch: bool,
    is_list: bool,
) -> None:
    """A server may quote the input that it was sent in every part of its response."""
    declare_secret(is_list=is_list)
    input: Any = {"prompt": "a", "key": [KEY] if is_list else KEY}
    client = harness.client(ScriptedResponses(response), retry=None)
    if in_batch:
        error = harness.do(client.run_many, [input])[0].error
    else:
        with pytest.raises(zeroscope.ZeroscopeError) as caught:
            harness.do(client.predictions.create, input)
        error = caught.value
    shown = "".join(parts(error))
    assert KEY not in shown and "[REDACTED]" in shown
