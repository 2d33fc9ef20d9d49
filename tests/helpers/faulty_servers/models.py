"""Models beside that of the document, and faults of their outputs and inputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from helpers.faulty_servers.mutants import Mutant, Request, Response, change_responses

MODEL = "someone/anything"
"""The name of the model that a faulty server runs."""


def _schema(output: dict[str, Any], required: list[str], **fields: dict[str, Any]) -> dict[str, Any]:
    properties = {
        name: {**field, "title": name, "x-order": order} for order, (name, field) in enumerate(fields.items())
    }
    schemas = {"Input": {"type": "object", "properties": properties, "required": required}, "Output": output}
    return {"openapi": "3.0.2", "components": {"schemas": schemas}}


WRITER = _schema(
    {
        "type": "array",
        "items": {"type": "string"},
        "x-cog-array-type": "iterator",
        "x-cog-array-display": "concatenate",
    },
    ["prompt"],
    prompt={"type": "string", "description": "What to write about"},
    max_tokens={"type": "integer", "default": 32, "minimum": 1, "maximum": 4096},
    temperature={"type": "number", "default": 0.7, "minimum": 0, "maximum": 5},
)
"""The schema of a language model, whose output is text in pieces."""

PAINTER = _schema(
    {"type": "array", "items": {"type": "string", "format": "uri"}},
    ["prompt", "image"],
    prompt={"type": "string", "description": "What to paint"},
    image={"type": "string", "format": "uri", "description": "Picture to start from"},
    style={"type": "string", "enum": ["oil", "ink"], "default": "oil"},
    num_outputs={"type": "integer", "default": 1, "minimum": 1, "maximum": 4},
)
"""The schema of a model whose output is pictures."""

SCHEMAS = {"writer": WRITER, "painter": PAINTER}

MODEL_MUTANTS: list[tuple[str, Mutant]] = []
"""Faulty servers that run one of these models: its name in `SCHEMAS`, and the fault."""


def on_model(
    model: str, name: str, rule: str, *operations: str
) -> Callable[[Callable[[Response, Request], object]], object]:
    """Register a mutant that runs a model and changes responses: those of some operations, or all."""

    def register(change: Callable[[Response, Request], object]) -> object:
        MODEL_MUTANTS.append((model, Mutant(name, rule, handle=change_responses(change, *operations))))
        return change

    return register


def forget(request: Request, field: str, value: Any) -> Response:
    """Send a create again, with a valid value of a field."""
    request.body = {**request.body, "input": {**request.input, field: value}}
    return request.forward()


def is_file(request: Request) -> bool:
    """Return whether a request is for a file that a prediction made."""
    return "/outputs/" in request.path


def events(response: Response) -> list[bytes]:
    """Return the events of a stream; none for another response."""
    is_stream = response.headers.get("content-type") == "text/event-stream"
    return [block + b"\n\n" for block in response.body.split(b"\n\n") if block] if is_stream else []


@on_model("writer", "drops a word of the stream", "stream-adds-up")
def _(response: Response, request: Request) -> None:
    outputs = [event for event in events(response) if event.startswith(b"event: output")]
    if outputs:
        response.body = b"".join(event for event in events(response) if event != outputs[-1])


@on_model("writer", "streams no text", "stream-adds-up")
def _(response: Response, request: Request) -> None:
    if sent := events(response):
        response.body = b"".join(event for event in sent if not event.startswith(b"event: output"))


@on_model("writer", "adds a space to each word of the stream", "stream-adds-up")
def _(response: Response, request: Request) -> None:
    if sent := events(response):
        response.body = b"".join(event.replace(b"\ndata: ", b"\ndata:  ") for event in sent)


@on_model("writer", "outputs the text and its length", "response-schema-conformance")
def _(response: Response, request: Request) -> None:
    for prediction in response.predictions:
        if prediction.get("status") == "succeeded" and "output" in prediction:
            prediction["output"] = [*prediction["output"], len(prediction["output"])]


@on_model("writer", "takes any temperature", "bounds-enforced", "createPrediction")
def _(response: Response, request: Request) -> None:
    if response.status == 422 and "input.temperature" in str(response.body) and "number_" in str(response.body):
        made = forget(request, "temperature", 1)
        response.status, response.headers, response.body = made.status, made.headers, made.body


@on_model("painter", "sends pages for pictures", "outputs-decode")
def _(response: Response, request: Request) -> None:
    if is_file(request):
        response.body = b"<html>It was here.</html>"


@on_model("painter", "has lost the pictures", "outputs-fetchable")
def _(response: Response, request: Request) -> None:
    if is_file(request):
        response.status = 404


@on_model("painter", "outputs one picture alone", "response-schema-conformance")
def _(response: Response, request: Request) -> None:
    for prediction in response.predictions:
        if prediction.get("output"):
            prediction["output"] = prediction["output"][0]


@on_model("painter", "knows every style", "enum-enforced", "createPrediction")
def _(response: Response, request: Request) -> None:
    if response.status == 422 and "must be one of the following" in str(response.body):
        made = forget(request, "style", "ink")
        response.status, response.headers, response.body = made.status, made.headers, made.body


@on_model("painter", "needs no picture", "required-enforced", "createPrediction")
def _(response: Response, request: Request) -> None:
    if response.status == 422 and "image is required" in str(response.body):
        made = forget(request, "image", "https://a.test/a.png")
        response.status, response.headers, response.body = made.status, made.headers, made.body
