"""Notes about scripts whose output the model could not have returned."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from zeroscope_mock import MockServer

URL = {"type": "string", "format": "uri"}
SCHEMA = {"Input": {"type": "object", "properties": {}}, "Output": {"type": "array", "items": URL}}
MODEL = "someone/images"


def note_of(script: dict[str, Any]) -> str | None:
    """The note in the journal about a create that follows a script."""
    server = MockServer(models={MODEL: {"components": {"schemas": SCHEMA}}})
    server.scripts.add(script)
    with httpx.Client(transport=server.transport, headers={"Authorization": "Bearer me"}) as client:
        client.post("https://api.replicate.com/v1/predictions", json={"version": MODEL, "input": {}})
    return server.journal[-1].note


@pytest.mark.parametrize(
    "script",
    [
        {"output": ["https://example.com/a.png", "mock:file.webp"]},
        {"output": []},
        {"output": "a text", "outcome": "failed"},
        {"run": 3},
    ],
)
def test_output__that_the_model_could_return(script: dict[str, Any]) -> None:
    """Marks count as URLs, and a prediction that fails returns nothing."""
    assert note_of(script) is None


def test_output__that_the_model_could_not_return() -> None:
    """The script is followed, and the journal says what is wrong with it, up to a bound."""
    note = note_of({"output": "a text"})
    assert note == (
        "the model could not return the script's output: output: Invalid type. Expected: array, given: string"
    )
    many = note_of({"output": [1] * 50})
    assert many is not None and many.splitlines()[0].endswith(
        "output.0: Invalid type. Expected: string, given: integer"
    )
    assert len(many.splitlines()) == 5
