"""The responses that the document allows, read by the client."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import httpx
import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

import zeroscope
from helpers.client import BASE_URL, Harness
from helpers.operations import CALLS, ID, KINDS, NOW, SECRET, FixedResponse, for_both_clients, signed_headers
from helpers.schemas import SCHEMAS, allowed, content, documented_response, documented_responses, same
from zeroscope._service.responses import error_class
from zeroscope.state import PredictionState

PROPERTIES = [name for name in dir(PredictionState) if isinstance(getattr(PredictionState, name), property)]
# What a property is where the service left its field out.
DEFAULTS: dict[str, Any] = {"input": {}, "logs": "", "metrics": {}, "urls": {}, "data_removed": False}
AS_SENT = ["model", "version", "output", *DEFAULTS]

often = settings(max_examples=30, derandomize=True, database=None)
TEXTS = st.text(max_size=20)
OUTPUTS = st.one_of(
    st.lists(st.one_of(TEXTS, TEXTS.map("https://x.test/{}-7.mp4".format), TEXTS.map("data:{}".format)), max_size=3),
    st.sampled_from(["https://x.test/a.mp4", "http://[", "/\x00", "..%2f..%2fa.mp4"]),
)


def statuses(first: str, *operations: str) -> list[tuple[str, int]]:
    """Each operation with each status that the document names, of those that begin with one of some digits."""
    examples = {"4XX": [400, 418, 499], "5XX": [500, 520, 529, 599]}
    return [
        (operation, status)
        for operation in operations
        for named in documented_responses(operation)
        if named[0] in first
        for status in examples.get(named) or [int(named)]
    ]


def bodies(operation: str, status: int) -> st.SearchStrategy[Any]:
    """The bodies that the document allows for an answer."""
    return allowed(content(documented_response(operation, status))[1])


def ask(kind: str, operation: str, status: int, body: Any) -> Any:
    """What the client returns for an operation that is answered with a JSON value."""
    media_type = content(documented_response(operation, status))[0]
    harness = Harness(kind)
    server = FixedResponse(status, json.dumps(body).encode(), [(b"content-type", media_type.encode())])
    return CALLS[operation](harness, harness.client(server, retry=None))


def verify(body: bytes) -> zeroscope.Prediction:
    """The prediction in a webhook that is signed as it should be."""
    return zeroscope.webhooks.verify(signed_headers(body), body, SECRET, now=NOW).prediction


def is_known(body: dict[str, Any]) -> bool:
    """Whether a prediction can be asked for again; the document does not say that these texts are not empty."""
    return bool(body["id"] and body["status"])


def check_prediction(prediction: Any, body: dict[str, Any]) -> None:
    """A prediction says what its body says, and does not lose anything of it."""
    assert same(prediction.to_dict(), body)
    assert (prediction.id, prediction.status) == (body["id"], body["status"])
    assert prediction.done == (body["status"] in SCHEMAS["PredictionStatus"]["x-final"])
    for name in AS_SENT:
        sent = body.get(name)
        assert same(getattr(prediction, name), DEFAULTS.get(name) if sent is None else sent), name
    for name in PROPERTIES:
        getattr(prediction, name)
    for video in prediction.videos:
        assert video.name and repr(video) and video._repr_html_()
    for again in (copy.copy(prediction), copy.deepcopy(prediction), pickle.loads(pickle.dumps(prediction))):
        assert again == prediction and same(again.to_dict(), body)
        assert hash(again) == hash(prediction) and repr(again) == repr(prediction)


@pytest.mark.parametrize(
    ("operation", "status"), statuses("2", "createPrediction", "getPrediction", "cancelPrediction")
)
@often
@given(data=st.data())
def test_prediction__is_taken_and_kept(operation: str, status: int, data: st.DataObject) -> None:
    """Every prediction that the document allows is parsed, says what was sent, and can be copied without a loss."""
    body = data.draw(bodies(operation, status), "body")
    several = body if isinstance(body, list) else [body]
    for prediction in several:
        if prediction["id"] and operation != "createPrediction":
            prediction["id"] = ID
        prediction.update(data.draw(st.fixed_dictionaries({}, optional={"output": OUTPUTS}), "output"))
    for kind in KINDS:
        note(kind)
        if len(several) == 1 and is_known(several[0]):
            check_prediction(ask(kind, operation, status, body), several[0])
            continue
        with pytest.raises(zeroscope.ZeroscopeError) as caught:
            ask(kind, operation, status, body)
        error = caught.value.__cause__ if operation == "createPrediction" else caught.value
        assert isinstance(error, zeroscope.MalformedResponseError)


def in_a_row(pages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Pages that lead from one to the next, and from the last one nowhere."""
    for number, page in enumerate(pages[:-1], 1):
        page["next"] = f"{BASE_URL}/predictions?cursor={number}"
    # Any text is allowed there; this way it leads nowhere, and not elsewhere.
    if isinstance(pages[-1].get("next"), str):
        pages[-1]["next"] = "?" + pages[-1]["next"]
    return pages


@often
@given(pages=st.lists(bodies("listPredictions", 200), min_size=1, max_size=3).map(in_a_row))
@for_both_clients
def test_pages__are_taken_and_followed(kind: str, pages: list[dict[str, Any]]) -> None:
    """Every page that the document allows gives its predictions, in their order, and leads to the one that it names."""
    asked: list[int] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(int(request.url.params.get("cursor", 0)))
        return httpx.Response(200, json=pages[asked[-1]])

    harness = Harness(kind)
    client = harness.client(answer, retry=None)
    usable = [all(map(is_known, page["results"])) for page in pages]
    if not all(usable):
        with pytest.raises(zeroscope.MalformedResponseError):
            harness.all(client.predictions.pages)
        assert asked == list(range(usable.index(False) + 1))
        return
    read = harness.all(client.predictions.pages)
    assert asked == list(range(len(pages)))
    for page, body in zip(read, pages, strict=True):
        assert (page.next, page.previous) == (body.get("next"), body.get("previous"))
        for prediction, sent in zip(page.results, body["results"], strict=True):
            check_prediction(prediction, sent)


@pytest.mark.parametrize(("operation", "status"), statuses("2", "createFile"))
@often
@given(data=st.data())
def test_file__is_taken_and_named_in_the_input(operation: str, status: int, data: st.DataObject) -> None:
    """The URL of a stored file goes into the input as it is; one that is none leads to no create."""
    body = data.draw(bodies(operation, status), "body")
    body["urls"]["get"] = data.draw(st.sampled_from(["https://", "http://", "ftp://", ""])) + body["urls"]["get"]
    for kind in KINDS:
        note(kind)
        harness = Harness(kind)
        server = FixedResponse(status, json.dumps(body).encode())
        client = harness.client(server, retry=None)
        if body["urls"]["get"].startswith("http"):
            CALLS[operation](harness, client)
            assert json.loads(server.requests[1].content)["input"] == {"init_video": body["urls"]["get"]}
            continue
        with pytest.raises(zeroscope.MalformedResponseError, match=r"urls\.get should be a URL"):
            CALLS[operation](harness, client)
        assert len(server.requests) == 1


@pytest.mark.parametrize(("operation", "status"), statuses("2", "getDefaultWebhookSecret"))
@often
@given(data=st.data())
def test_secret__is_taken_as_it_is(operation: str, status: int, data: st.DataObject) -> None:
    """The key of webhooks is the text that was sent; an empty one is none."""
    body = data.draw(bodies(operation, status), "body")
    for kind in KINDS:
        note(kind)
        if body["key"]:
            assert ask(kind, operation, status, body) == body["key"]
            continue
        with pytest.raises(zeroscope.MalformedResponseError, match="its key should be a non-empty string"):
            ask(kind, operation, status, body)


@settings(often, max_examples=100)
@given(refused=st.sampled_from(statuses("45", *CALLS)), data=st.data())
def test_problem__is_reported_in_full(refused: tuple[str, int], data: st.DataObject) -> None:
    """Every refusal that the document allows is an error with all that was said, and crosses processes."""
    operation, status = refused
    body = data.draw(bodies(operation, status), "body")
    for kind in KINDS:
        note(kind)
        with pytest.raises(zeroscope.ZeroscopeError) as caught:
            ask(kind, operation, status, body)
        error: Any = caught.value
        if isinstance(error, zeroscope.UnknownOutcomeError):
            assert operation == "createPrediction" and (status >= 500 or status == 499)
            error = error.__cause__
        check_problem(error, status, body)


def check_problem(error: Any, status: int, body: dict[str, Any]) -> None:
    """An error says what its body says."""
    assert (type(error), error.status_code) == (error_class(status), status)
    assert (error.title, error.detail) == (body.get("title"), body.get("detail"))
    assert same(json.loads(error.body), body)
    if isinstance(error, zeroscope.ValidationError):
        assert error.invalid_fields == [
            tuple(each.get(part, "") for part in ("type", "field", "description"))
            for each in body.get("invalid_fields") or []
        ]
    if isinstance(error, zeroscope.RateLimitError) and (body.get("retry_after") or 0) >= 0:
        assert error.retry_after == body.get("retry_after")
    again = pickle.loads(pickle.dumps(error))
    assert again == error and str(again) == str(error)


@often
@given(body=bodies("getPrediction", 200))
def test_webhook__is_taken_as_an_answer_is(body: dict[str, Any]) -> None:
    """A webhook brings the same prediction as an answer with the same body."""
    raw = json.dumps(body).encode()
    if is_known(body):
        check_prediction(verify(raw), body)
        return
    with pytest.raises(zeroscope.WebhookVerificationError, match="not a prediction"):
        verify(raw)
