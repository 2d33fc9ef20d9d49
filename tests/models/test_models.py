"""Models from their schemas alone: listed, described, run, refused and streamed."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx
import httpx_sse
import pytest

from helpers.decoders import decode, output_urls
from helpers.model_files import TABLE_ROW, ModelFile
from helpers.model_inputs import Forbidden, allowed_inputs, forbidden_inputs, minimal_input
from zeroscope_mock import MockServer

LONGEST = 1800
"""The most seconds that a prediction takes."""


def version_of(api: httpx.Client, model: ModelFile) -> dict[str, Any]:
    """The newest version of a model, as the server describes it."""
    version: dict[str, Any] = api.get(f"/models/{model.name}").json()["latest_version"]
    return version


def created(response: httpx.Response) -> dict[str, Any]:
    """The prediction that a create started."""
    assert response.status_code in {201, 202}, response.text
    body: dict[str, Any] = response.json()
    return body


def finished(server: MockServer, api: httpx.Client, predictions: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield predictions after their end; all have succeeded."""
    server.clock.advance(LONGEST)
    for prediction in predictions:
        ended = api.get(prediction["urls"]["get"]).json()
        assert ended["status"] == "succeeded", (ended["error"], ended["input"])
        yield ended


def test_model__is_listed_and_described(model: ModelFile, api: httpx.Client) -> None:
    """The model is in the list, and its version comes back as the file has it."""
    listed = {f"{one['owner']}/{one['name']}" for one in api.get("/models").json()["results"]}
    version = version_of(api, model)

    assert model.name in listed
    assert api.get(f"/models/{model.name}/versions").json()["results"] == [version]
    assert api.get(f"/models/{model.name}/versions/{version['id']}").json() == version
    if model.version is None:
        assert version["openapi_schema"] == model.content
    else:
        assert version == model.version


def test_prediction__with_the_required_fields_alone(
    model: ModelFile, server: MockServer, api: httpx.Client, record_property: Any
) -> None:
    """Each way to name the version runs the model; the output is what the schema promises, and its files decode."""
    version = version_of(api, model)["id"]
    owner = api.get("/account").json()["username"]
    deployment = {"name": "mine", "model": model.name, "version": version, "hardware": "cpu"}
    api.post("/deployments", json={**deployment, "min_instances": 0, "max_instances": 1}).raise_for_status()
    body = {"input": minimal_input(model)}

    predictions = [
        *(
            created(api.post("/predictions", json={**body, "version": reference}))
            for reference in (version, f"{model.name}:{version}", model.name)
        ),
        created(api.post(f"/models/{model.name}/predictions", json=body)),
        created(api.post(f"/deployments/{owner}/mine/predictions", json=body)),
    ]

    ended = list(finished(server, api, predictions))
    for prediction in ended:
        assert (prediction["model"], prediction["version"], prediction["input"]) == (model.name, version, body["input"])
        assert model.output_error(prediction["output"]) is None
    output = ended[0]["output"]
    decoded = [decode_url(api, url) for url in output_urls(output)]
    record_property(TABLE_ROW, [model.name, model.output_kind, "; ".join(decoded) or text_of(output)])


def decode_url(api: httpx.Client, url: str) -> str:
    """A few words on the file at a URL."""
    response = api.get(url)
    assert response.status_code == 200
    return decode(response.content, url.rpartition(".")[2], response.headers["content-type"])


def text_of(output: Any) -> str:
    """The beginning of an output without files."""
    tokens = isinstance(output, list) and all(isinstance(item, str) for item in output)
    text = "".join(output) if tokens else str(output)
    return text if len(text) <= 60 else f"{text[:60]}…"


def test_prediction__at_the_edges_of_the_schema(model: ModelFile, server: MockServer, api: httpx.Client) -> None:
    """Each field takes each value that is just allowed; the model makes what the schema promises, in each format."""
    predictions = []
    for allowed in allowed_inputs(model):
        response = api.post("/predictions", json={"version": model.name, "input": allowed.input})
        assert response.status_code == 201, f"{allowed.reason}: {response.text}"
        predictions.append(response.json())

    suffixes = set[str]()
    for prediction in finished(server, api, predictions):
        assert model.output_error(prediction["output"]) is None
        for url in output_urls(prediction["output"]):
            if (suffix := url.rpartition(".")[2]) not in suffixes:
                suffixes.add(suffix)
                decode_url(api, url)


def test_prediction__beyond_the_edges_of_the_schema(model: ModelFile, api: httpx.Client) -> None:
    """Each value that is just forbidden is refused in the service's words, and nothing is started."""
    for forbidden in forbidden_inputs(model):
        check_refusal(api.post("/predictions", json={"version": model.name, "input": forbidden.input}), forbidden)
    assert api.get("/predictions").json()["results"] == []


def test_training__at_and_beyond_the_edges_of_the_schema(trainable: ModelFile, api: httpx.Client) -> None:
    """Trainings take what their own schema allows, and refuse the rest."""
    destination = {"owner": api.get("/account").json()["username"], "name": "mine"}
    api.post("/models", json={**destination, "visibility": "private", "hardware": "cpu"}).raise_for_status()
    url = f"/models/{trainable.name}/versions/{version_of(api, trainable)['id']}/trainings"

    def train(sent: Any) -> httpx.Response:
        return api.post(url, json={"destination": "/".join(destination.values()), "input": sent})

    for allowed in allowed_inputs(trainable):
        assert train(allowed.input).status_code == 201, allowed.reason
    for forbidden in forbidden_inputs(trainable):
        check_refusal(train(forbidden.input), forbidden)


def check_refusal(response: httpx.Response, forbidden: Forbidden) -> None:
    """The response names the invalid field in the service's words."""
    problem = response.json()
    assert (response.status_code, problem.get("title")) == (422, "Input validation failed"), forbidden
    errors = problem["invalid_fields"]
    assert problem["detail"] == "".join(f"- {one['field']}: {one['description']}\n" for one in errors)
    assert {one["field"] for one in errors} == {forbidden.field}, forbidden
    worded = [one for one in errors if one["description"].startswith(forbidden.description)]
    assert not forbidden.type or forbidden.type in {one["type"] for one in worded}, (forbidden, errors)


def test_stream__adds_up_to_the_output(model: ModelFile, api: httpx.Client) -> None:
    """The events of the outputs hold the output, part by part as the model makes it, and the last one is `done`."""
    prediction = created(api.post(f"/models/{model.name}/predictions", json={"input": minimal_input(model)}))
    events: list[httpx_sse.ServerSentEvent] = []
    shown: list[Any] = []
    with httpx_sse.connect_sse(api, "GET", prediction["urls"]["stream"]) as source:
        for event in source.iter_sse():
            events.append(event)
            if event.event == "output":
                shown.append(api.get(prediction["urls"]["get"]).json()["output"])
    output = api.get(prediction["urls"]["get"]).json()["output"]

    parts = [event for event in events if event.event == "output"]
    values = [event.data if event.data in texts(output) else event.json() for event in parts]
    assert events[-1].event == "done"
    assert values == (output if isinstance(output, list) else [output])
    if model.iterates:
        assert shown == [output[: number + 1] for number in range(len(output))]
    if model.concatenates:
        assert len(parts) > 1
        assert "".join(event.data for event in parts) == "".join(output)


def texts(output: Any) -> list[Any]:
    """The parts of an output that are texts, which events hold as they are."""
    return [part for part in (output if isinstance(output, list) else [output]) if isinstance(part, str)]


# The official client cannot be closed.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.skipif(sys.version_info >= (3, 14), reason="replicate 1.0.7 needs pydantic's version 1")
@pytest.mark.parametrize("pinned", [False, True])
def test_replicate__runs_the_model(
    model: ModelFile, pinned: bool, server: MockServer, api: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The official Python client returns the output, in parts where the model makes it so, and reads its files."""
    from replicate.client import Client
    from replicate.helpers import FileOutput

    # It polls on the machine's clock.
    monkeypatch.setattr(time, "sleep", server.clock.sleep)
    token = api.headers["authorization"].removeprefix("Bearer ")
    client = Client(api_token=token, transport=server.transport)
    reference = f"{model.name}:{version_of(api, model)['id']}" if pinned else model.name

    output = client.run(reference, input=minimal_input(model))

    # The client also takes the lists of Cog before 0.3.9 for iterators.
    output = list(output) if isinstance(output, Iterator) else output
    (prediction,) = api.get("/predictions").json()["results"]
    expected = api.get(prediction["urls"]["get"]).json()["output"]

    def plain(value: Any) -> Any:
        if isinstance(value, FileOutput):
            decode(value.read(), value.url.rpartition(".")[2])
            return value.url
        if isinstance(value, dict):
            return {key: plain(part) for key, part in value.items()}
        return [plain(part) for part in value] if isinstance(value, list) else value

    assert plain(output) == expected
