"""Copies and pickles of what has a client."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import httpx
import pytest

import zeroscope
from helpers.client import TOKEN, Harness, ScriptedResponses, prediction_body
from zeroscope import Page, RunResult
from zeroscope.events import Ended

BODY = prediction_body("succeeded", output=["https://x.test/output-0.mp4"], new_field={"a": [1]})


@pytest.fixture(params=[copy.copy, copy.deepcopy])
def copied(request: pytest.FixtureRequest) -> Callable[[Any], Any]:
    """The functions of the module `copy`, in turn."""
    function: Callable[[Any], Any] = request.param
    return function


def test_prediction__keeps_its_client_when_it_is_copied(harness: Harness, copied: Callable[[Any], Any]) -> None:
    """A copy of a prediction is equal, and can be reloaded without changing the original."""
    script = ScriptedResponses(httpx.Response(200, json=BODY), httpx.Response(200, json=prediction_body("canceled")))
    prediction = harness.do(harness.client(script).predictions.get, "gm3q")
    again = copied(prediction)
    assert again is not prediction and again == prediction and again.to_dict() == prediction.to_dict()
    assert type(again) is type(prediction) and again.videos == prediction.videos
    harness.do(again.reload)
    assert (again.status, prediction.status) == ("canceled", "succeeded")


def test_deep_copy__shares_no_data(harness: Harness) -> None:
    """A change to the data of a deep copy does not show in the original."""
    prediction = harness.do(harness.client(ScriptedResponses(httpx.Response(200, json=BODY))).predictions.get, "gm3q")
    copy.deepcopy(prediction).output.append("x")
    assert prediction.to_dict() == BODY


def test_video_and_results__keep_their_client_when_they_are_copied(
    harness: Harness, copied: Callable[[Any], Any]
) -> None:
    """Copies of a video, a result, a page, an event and an error can be used like the original."""
    script = ScriptedResponses(httpx.Response(200, json=BODY), httpx.Response(200, content=b"video"))
    prediction = harness.do(harness.client(script).predictions.get, "gm3q")
    (video,) = prediction.videos
    error = zeroscope.PredictionError(prediction, "is odd")
    error.add_note("a note")
    uses: list[tuple[Any, Callable[[Any], Any]]] = [
        (video, lambda again: again),
        (RunResult(0, {"seed": 1}, prediction, None), lambda again: again.videos[0]),
        (RunResult(0, {"seed": 1}, prediction, error), lambda again: again.error.prediction.videos[0]),
        (Page([prediction], None, None), lambda again: again.results[0].videos[0]),
        (Ended(prediction), lambda again: again.prediction.videos[0]),
        (error, lambda again: again.prediction.videos[0]),
    ]
    for value, get in uses:
        again = copied(value)
        assert again == value and type(again) is type(value)
        assert harness.do(get(again).read) == b"video"
    assert copied(error).__notes__ == ["a note"]


def test_unknown_outcome__can_still_search_when_it_is_copied(harness: Harness, copied: Callable[[Any], Any]) -> None:
    """A copy of the error of a lost create has the client to search with; a pickle has not."""
    page = {"next": None, "previous": None, "results": [prediction_body(created_at="2023-11-14T22:13:20Z")]}
    script = ScriptedResponses(httpx.ReadError("lost"), httpx.Response(200, json=page))
    client = harness.client(script)
    with pytest.raises(zeroscope.UnknownOutcomeError) as caught:
        harness.do(client.predictions.create, {"prompt": "a lighthouse"})
    again = copied(caught.value)
    assert again == caught.value and [found.id for found in harness.do(again.find)] == ["gm3q"]
    with pytest.raises(zeroscope.ConfigurationError, match="no client"):
        pickle.loads(pickle.dumps(again)).find()


def test_client__is_shared_by_its_copies(harness: Harness, copied: Callable[[Any], Any]) -> None:
    """A copy of a client is the client itself, which threads may share."""
    client = harness.client(ScriptedResponses(httpx.Response(500)))
    assert copied(client) is client
    assert copied({"client": client})["client"] is client


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_client__cannot_be_pickled_and_says_why(harness: Harness, protocol: int) -> None:
    """A pickle of a client, or of one of its methods, fails with the reason and the remedy, without the token."""
    client = harness.client(ScriptedResponses(httpx.Response(500)))
    for value in (client, client.predictions, client.run, client.predictions.create):
        with pytest.raises(
            TypeError, match=r"cannot pickle Async|cannot pickle .*create a client in each process"
        ) as e:
            pickle.dumps(value, protocol)
        assert TOKEN not in str(e.value)
