"""Defects of the generator's own templates, and their fixes in ours."""

from __future__ import annotations

import copy
import io
import json
import pickle
from typing import Any

import anyio
import httpx
import pytest

import zeroscope_api.api
import zeroscope_api.models
from helpers.client import TOKEN, prediction_body
from zeroscope_api.api.files import create_file
from zeroscope_api.api.predictions import create_prediction, get_prediction, list_predictions
from zeroscope_api.client import AuthenticatedClient, Client
from zeroscope_api.errors import InvalidPathSegmentError
from zeroscope_api.models import CreateFileRequest, CreatePredictionRequest, Prediction, PredictionInput, PredictionUrls
from zeroscope_api.types import UNSET, File

BASE_URL = "https://api.example.test/v1/"


class Recorder:
    """Answers every request alike and keeps the last one."""

    def __init__(self, *arguments: Any, **response: Any) -> None:
        self.response = httpx.Response(*arguments, **response)
        self.request: httpx.Request

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.request = request
        return self.response

    def client(self) -> AuthenticatedClient:
        """A generated client whose requests come here."""
        return AuthenticatedClient(
            BASE_URL, token=TOKEN, httpx_client=httpx.Client(transport=httpx.MockTransport(self))
        )


@pytest.mark.parametrize("status", [299, 402, 499, 520, 529, 599])
def test_status__unknown_to_the_standard_library_is_an_int(status: int) -> None:
    """HTTPStatus refuses 529 and its like; the edge sends them."""
    response = get_prediction.sync_detailed("a", client=Recorder(status, json={}).client())
    assert response.status_code == status


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]", b'"x"', b"{", b"[" * 100_000, b"\xff"])
@pytest.mark.parametrize("status", [200, 404, 500])
def test_body__that_is_not_what_the_document_says_is_no_exception(status: int, content: bytes) -> None:
    """Any bytes give a Response, whose `error` says why they could not be read."""
    response = get_prediction.sync_detailed("a", client=Recorder(status, content=content).client())
    assert response.content == content
    assert (response.parsed is None) == (response.error is not None)
    assert status != 200 or response.error is not None


@pytest.mark.parametrize("id", ["", ".", ".."])
def test_path__cannot_be_left(id: str) -> None:
    """A path parameter that HTTP clients fold away is refused before anything is sent."""
    recorder = Recorder(200, json=prediction_body())
    with pytest.raises(InvalidPathSegmentError, match="prediction_id"):
        get_prediction.sync_detailed(id, client=recorder.client())
    assert not hasattr(recorder, "request")


def test_token__is_not_in_repr_nor_in_the_http_client() -> None:
    """The token is added to each call, so neither a repr nor another use of the connection shows it."""
    recorder = Recorder(200, json=prediction_body())
    client = recorder.client()
    get_prediction.sync_detailed("a", client=client)
    assert recorder.request.headers["authorization"] == f"Bearer {TOKEN}"
    assert TOKEN not in repr(client)
    assert client._httpx_client is not None
    assert TOKEN not in str(client._httpx_client.headers)


def test_timeout__is_there_without_being_asked_for() -> None:
    """No call waits for ever, not even through an httpx client without timeouts."""
    recorder = Recorder(200, json=prediction_body())
    http = httpx.Client(transport=httpx.MockTransport(recorder), timeout=None)
    get_prediction.sync_detailed("a", client=Client("https://x.test", httpx_client=http))
    assert all(limit is not None for limit in recorder.request.extensions["timeout"].values())


def test_defaults__are_not_sent_unasked() -> None:
    """A request carries the fields that were given, and no default of the document."""
    recorder = Recorder(201, json=prediction_body())
    body = CreatePredictionRequest(input_=PredictionInput.from_dict({"prompt": "x"}), version="v")
    create_prediction.sync_detailed(client=recorder.client(), body=body)
    assert json.loads(recorder.request.content) == {"input": {"prompt": "x"}, "version": "v"}
    assert PredictionInput().to_dict() == PredictionUrls().to_dict() == {}


def test_upload__has_a_boundary_of_its_own() -> None:
    """The boundary of a multipart body is random; a fixed one could occur in the file and end it early."""
    recorder = Recorder(201, json={"id": "f", "urls": {"get": "https://x.test/f"}})
    for _ in range(2):
        file = File(payload=io.BytesIO(b"\r\n--+++\r\nbytes"), file_name="a.mp4", mime_type="video/mp4")
        response = create_file.sync_detailed(client=recorder.client(), body=CreateFileRequest(content=file))
        assert response.error is None
        boundary = recorder.request.headers["content-type"].partition("boundary=")[2]
        assert recorder.request.content.count(boundary.encode()) == 2
        assert b"\r\n--+++\r\nbytes" in recorder.request.content


def test_redirect__is_not_followed() -> None:
    """Even an httpx client that follows redirects does not carry the token to another host."""
    recorder = Recorder(302, headers={"location": "https://elsewhere.test/"})
    http = httpx.Client(transport=httpx.MockTransport(recorder), follow_redirects=True)
    client = AuthenticatedClient(BASE_URL, token=TOKEN, httpx_client=http)
    assert list_predictions.sync_detailed(client=client).status_code == 302


def test_unknown_status__is_kept() -> None:
    """A status that the document does not list is parsed as a text."""
    body = prediction_body("never-seen", extra=1)
    prediction = get_prediction.sync("a", client=Recorder(200, json=body).client())
    assert isinstance(prediction, Prediction)
    assert prediction.status == "never-seen" and prediction.to_dict() == body
    assert repr(UNSET) == "UNSET" and not UNSET


def test_model__is_equal_and_shown_by_its_fields() -> None:
    """Two models are the same when all that they hold is, what the document does not know included."""
    body = prediction_body("succeeded", output=["a"], extra=1)
    one, same = Prediction.from_dict(body), Prediction.from_dict(body)
    assert one == same and one != Prediction.from_dict({**body, "extra": 2})
    assert repr(PredictionUrls(get="x", web="y")) in repr({"urls": PredictionUrls(get="x", web="y")})
    assert "get='x'" in repr(PredictionUrls(get="x")) and "cancel=UNSET" in repr(PredictionUrls())
    assert not hasattr(one, "__dict__")


@pytest.mark.parametrize("package", [zeroscope_api.api, zeroscope_api.models], ids=["api", "models"])
def test_package__has_what_it_lists(package: Any) -> None:
    """What is imported on first use is there, and nothing else."""
    assert {*package.__all__} <= {*dir(package)}
    assert [name for name in package.__all__ if not hasattr(package, name)] == []
    with pytest.raises(AttributeError, match=f"^module '{package.__name__}' has no attribute 'mistyped'$"):
        package.mistyped  # noqa: B018 - the mistake is meant


def test_arguments__are_left_as_they_are() -> None:
    """What a call is made of can be sent again."""
    recorder, arguments = Recorder(200, json=prediction_body()), {"method": "get", "url": "/a", "headers": {"X-A": "b"}}
    for _ in range(2):
        recorder.client().request(arguments)
        assert (str(recorder.request.url), recorder.request.headers["x-a"]) == (f"{BASE_URL}a", "b")
    assert arguments == {"method": "get", "url": "/a", "headers": {"X-A": "b"}}


def test_client__closes_what_it_was_given() -> None:
    """Leaving the client gives the connections back, under both kinds of `with`."""
    http, http_async = httpx.Client(), httpx.AsyncClient()
    with Client("https://x.test", httpx_client=http):
        pass
    assert http.is_closed

    async def main() -> None:
        async with Client("https://x.test", async_httpx_client=http_async):
            pass

    anyio.run(main)
    assert http_async.is_closed


def test_unset__stays_the_one_that_it_is() -> None:
    """A copy of a model does not take what was not given for something that was."""
    again = pickle.loads(pickle.dumps(PredictionUrls(get="x")))
    assert again.web is UNSET and again.to_dict() == {"get": "x"}
    assert copy.deepcopy(PredictionUrls()).to_dict() == {}
