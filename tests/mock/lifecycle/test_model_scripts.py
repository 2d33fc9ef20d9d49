"""Scripts for predictions of models of every kind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from zeroscope_mock import MockServer

API = "https://api.replicate.com/v1"
TEXT = "The storm\nhas passed — and so, too,\thas the  night. "


def schema(output: dict[str, Any]) -> dict[str, Any]:
    """The schema of a model with a prompt."""
    fields = {"prompt": {"type": "string", "title": "Prompt", "x-order": 0}}
    schemas = {"Input": {"type": "object", "title": "Input", "properties": fields}, "Output": output}
    return {"openapi": "3.0.2", "info": {"title": "Cog", "version": "0.1.0"}, "components": {"schemas": schemas}}


def array(items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "array", "items": items, "title": "Output", **more}


URI = {"type": "string", "format": "uri"}
MODELS = {
    "meta/llama": array({"type": "string"}, **{"x-cog-array-type": "iterator", "x-cog-array-display": "concatenate"}),
    "some/painter": array(URI, **{"x-cog-array-type": "iterator"}),
    "some/lister": array({"type": "string"}),
    "some/detector": array({"type": "object"}, **{"x-cog-array-type": "iterator"}),
    "some/captioner": {"type": "string", "title": "Output"},
}


@pytest.fixture
def server() -> MockServer:
    return MockServer(models={name: schema(output) for name, output in MODELS.items()}, receiver=lambda _: None)


@pytest.fixture
def api(server: MockServer) -> Iterator[httpx.Client]:
    with httpx.Client(
        transport=server.transport, base_url=API, headers={"Authorization": "Bearer a-token-of-a-test"}, timeout=None
    ) as client:
        yield client


def create(api: httpx.Client, model: str, **fields: Any) -> dict[str, Any]:
    """A new prediction of a model."""
    response = api.post(f"/models/{model}/predictions", json={"input": {"prompt": "A storm"}, **fields})
    assert response.status_code == 201, response.text
    body: dict[str, Any] = response.json()
    return body


def events(api: httpx.Client, url: str) -> list[tuple[str, str]]:
    """The names and data of a stream's events."""
    found: list[tuple[str, str]] = []
    for event in api.get(url).text.removesuffix("\n\n").split("\n\n"):
        name, _, *data = event.split("\n")
        found.append((name.removeprefix("event: "), "\n".join(line.removeprefix("data: ") for line in data)))
    return found


def outputs_of(server: MockServer, event: str) -> list[Any]:
    """The outputs that webhooks for an event had."""
    return [json.loads(attempt.body)["output"] for attempt in server.deliveries if attempt.event == event]


def test_text__streams_as_tokens(server: MockServer, api: httpx.Client) -> None:
    """Where the model streams text, a text as the output comes in tokens that add up to it."""
    server.scripts.add({"model": "meta/*", "output": TEXT, "logs": []})
    created = create(api, "meta/llama", webhook="https://my.app.test/hook", webhook_events_filter=["output"])
    seen = events(api, created["urls"]["stream"])
    body = api.get(created["urls"]["get"]).json()

    tokens = [data for name, data in seen if name == "output"]
    assert "".join(tokens) == "".join(body["output"]) == TEXT
    assert body["output"] == tokens and len(tokens) > 5
    sent = outputs_of(server, "output")
    assert sent and all(output == tokens[: len(output)] for output in sent)


@pytest.mark.parametrize(
    ("model", "output"),
    [
        ("meta/llama", ["one", " two"]),
        ("meta/llama", {"text": "one two"}),
        ("meta/llama", []),
        ("some/lister", "one two"),
        ("some/captioner", "one two"),
        ("some/painter", "one two"),
        ("some/detector", "one two"),
    ],
)
def test_output__is_otherwise_as_given(server: MockServer, api: httpx.Client, model: str, output: Any) -> None:
    """Other values, and those of other models, stay as they are."""
    server.scripts.add({"model": model, "output": output})
    created = create(api, model)
    server.clock.advance(600)

    assert api.get(created["urls"]["get"]).json()["output"] == output


def test_text__may_come_all_at_once(server: MockServer, api: httpx.Client) -> None:
    """As tokens all the same, because the model's output is a list."""
    server.scripts.add({"output": TEXT, "gradual": False, "startup": 0, "run": 10})
    created = create(api, "meta/llama")
    server.clock.advance(9)
    assert api.get(created["urls"]["get"]).json()["output"] is None
    server.clock.advance(1)

    output = api.get(created["urls"]["get"]).json()["output"]
    assert "".join(output) == TEXT and len(output) > 5


def test_files__come_one_after_another(server: MockServer, api: httpx.Client) -> None:
    """Webhooks and streams have an event for each, whose URL works at once."""
    marks = ["mock:file.png", "mock:file.webp", "mock:file.png"]
    server.scripts.add({"model": "some/painter", "output": marks, "startup": 0, "run": 8, "logs": []}, times=2)
    hook = {"webhook": "https://my.app.test/hook", "webhook_events_filter": ["output", "completed"]}
    created = create(api, "some/painter", **hook)
    urls = [
        f"{API}/outputs/{created['id']}/output-{number}.{suffix}"
        for number, suffix in enumerate(("png", "webp", "png"))
    ]
    server.clock.advance(4)
    assert api.get(created["urls"]["get"]).json()["output"] == urls[:2]
    assert [api.get(url).status_code for url in urls] == [200, 200, 404]
    server.clock.advance(4)

    assert outputs_of(server, "output") == [urls[:1], urls[:2], urls]
    assert outputs_of(server, "completed") == [urls]
    assert events(api, created["urls"]["stream"]) == [*(("output", url) for url in urls), ("done", "{}")]


@pytest.mark.parametrize("model", MODELS)
def test_failure__has_logs_and_no_output(server: MockServer, api: httpx.Client, model: str) -> None:
    """Whatever the model's output."""
    server.scripts.add({"model": "*/*", "error": "out of luck", "logs": ["Loading", "Failing"], "run": 2})
    created = create(api, model)
    server.clock.advance(60)

    body = api.get(created["urls"]["get"]).json()
    assert (body["status"], body["error"], body["output"]) == ("failed", "out of luck", None)
    assert (body["model"], body["logs"]) == (model, "Loading\nFailing\n")


@pytest.mark.parametrize(
    ("script", "output"),
    [
        ({"output": "one two", "outputs": 0}, []),
        ({"output": ["a", "b"], "outputs": 3}, ["a", "b", "a"]),
        ({"output": ["a", "b"], "outputs": 1}, ["a"]),
    ],
)
def test_outputs__repeats_or_shortens_a_list(server: MockServer, api: httpx.Client, script: Any, output: Any) -> None:
    """The list of the script, or that of the model."""
    server.scripts.add(script)
    created = create(api, "meta/llama")
    server.clock.advance(600)

    assert api.get(created["urls"]["get"]).json()["output"] == output


def test_function__gets_the_checked_input(server: MockServer, api: httpx.Client) -> None:
    """It is called for creates that the model's schema admits, in the order in which they were created."""
    server.scripts.add(lambda input: {"output": input["prompt"].upper()}, model="meta/llama", times=None)
    refused = api.post("/models/meta/llama/predictions", json={"input": {"prompt": 5}})
    created = [create(api, "meta/llama", input={"prompt": prompt}) for prompt in ("one", "two")]
    server.clock.advance(600)

    assert refused.status_code == 422
    assert ["".join(api.get(one["urls"]["get"]).json()["output"]) for one in created] == ["ONE", "TWO"]


@pytest.mark.parametrize(
    "sent",
    [
        {"prompt": "mock:fail out of luck"},
        {"prompt": "A storm", "system_prompt": "mock:fail out of luck"},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "mock:fail out of luck"}]}]},
    ],
)
@pytest.mark.parametrize("model", MODELS)
def test_text__steers_in_any_field(server: MockServer, api: httpx.Client, model: str, sent: dict[str, Any]) -> None:
    """Whatever the model."""
    created = create(api, model, input=sent)
    server.clock.advance(600)

    assert api.get(created["urls"]["get"]).json()["error"] == "out of luck"
