"""Predictions from every kind of body that the service may send."""

from __future__ import annotations

import json
import pickle
import re
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

import zeroscope
from helpers.client import Harness, ScriptedResponses, prediction_body
from zeroscope import Prediction, PredictionFailedError
from zeroscope._service.spec import spec

CODES = spec()["components"]["schemas"]["Prediction"]["properties"]["error"]["x-error-codes"]["meanings"]


def read(**fields: Any) -> Prediction:
    """The prediction that a client makes of a body."""
    body = {**prediction_body(), **fields}
    client = Harness("sync").client(ScriptedResponses(httpx.Response(200, json=body)))
    prediction: Prediction = client.predictions.get(body["id"])
    return prediction


ODD = [
    {"status": "never-seen"},
    {"brand_new_field": {"a": [1, None]}},
    {"created_at": "2024-01-01T20:00:84Z", "completed_at": "yesterday"},
    {"created_at": None, "started_at": "", "completed_at": "2023-01-01T00:00:00.123456789Z"},
    {"input": None, "logs": None, "output": None, "error": None, "metrics": None, "urls": None},
    {"metrics": {"predict_time": None, "new": 1}, "urls": {"web": "x", "stream": "y", "new": "z"}},
    {"metrics": "fast", "urls": [], "input": "text", "logs": 5, "error": ["a"], "data_removed": "no"},
    {"output": {"video": "x"}, "error": {"code": 1}},
    {"error": "out of memory (E1001)", "webhook_events_filter": ["completed"], "deployment": {"owner": "a"}},
    {"version": "hidden", "model": None, "source": "web", "deadline": "2024-01-01T00:00:00Z", "webhook": None},
]


@pytest.mark.parametrize("fields", ODD)
def test_body__is_kept_whole_and_never_an_exception(fields: dict[str, Any]) -> None:
    """Statuses, fields, types and timestamps never seen before are parsed and kept."""
    prediction = read(**fields)
    assert prediction.to_dict() == {**prediction_body(), **fields}
    assert json.loads(prediction.to_json()) == prediction.to_dict()
    for name in dir(Prediction):
        if isinstance(getattr(Prediction, name), property):
            getattr(prediction, name)


def test_body__with_id_and_status_alone_is_enough() -> None:
    """Only these two may be relied on."""
    client = Harness("sync").client(ScriptedResponses(httpx.Response(200, json={"id": "a", "status": "starting"})))
    prediction = client.predictions.get("a")
    assert (prediction.input, prediction.logs, prediction.output, prediction.error) == ({}, "", None, None)
    assert (prediction.metrics, prediction.urls, prediction.videos, prediction.created_at) == ({}, {}, [], None)
    assert (prediction.seed, prediction.progress, prediction.data_removed, prediction.model) == (
        None,
        None,
        False,
        None,
    )


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2023-09-08T16:19:34.765994Z", datetime(2023, 9, 8, 16, 19, 34, 765994, UTC)),
        ("2023-09-08T16:19:34.7Z", datetime(2023, 9, 8, 16, 19, 34, 700000, UTC)),
        ("2023-09-08T16:19:34.123456789Z", datetime(2023, 9, 8, 16, 19, 34, 123456, UTC)),
        ("2023-09-08T16:19:34Z", datetime(2023, 9, 8, 16, 19, 34, 0, UTC)),
        ("2023-09-08T16:19:34", datetime(2023, 9, 8, 16, 19, 34, 0, UTC)),
        ("2023-09-08T18:19:34+02:00", datetime(2023, 9, 8, 16, 19, 34, 0, UTC)),
        ("2023-09-08T20:00:84Z", None),
        ("", None),
        (1694189974, None),
    ],
)
def test_timestamp__is_read_as_far_as_it_makes_sense(text: Any, moment: datetime | None) -> None:
    """One to nine digits of a second are fine, and nonsense is None; the text itself stays in to_dict."""
    prediction = read(completed_at=text)
    assert prediction.completed_at == moment
    assert prediction.to_dict()["completed_at"] == text


@pytest.mark.parametrize(
    ("status", "done"),
    [
        ("starting", False),
        ("processing", False),
        ("succeeded", True),
        ("failed", True),
        ("canceled", True),
        ("aborted", True),
        ("never-seen", False),
    ],
)
def test_done__means_a_final_status(status: str, done: bool) -> None:
    """Four statuses are final; one that is new is not."""
    assert read(status=status).done is done


LOGS = "Using seed: 38126\n  0%|          | 0/50 [00:00<?, ?it/s]\n 38%|███▊      | 19/50 [00:02<00:01, 15.8it/s]\n"


@pytest.mark.parametrize(
    ("logs", "input", "seed", "progress"),
    [
        ("", {}, None, None),
        ("loading", {"seed": 7}, 7, None),
        ("Using seed: 12\n", {"seed": 7}, 12, None),
        (LOGS, {}, 38126, (0.38, 19, 50)),
        (LOGS.replace("\n", "\r"), {}, 38126, (0.38, 19, 50)),
        (LOGS + "100%|██████████| 50/50 [00:03<00:00, 15.8it/s]\nsaving\n", {}, 38126, (1.0, 50, 50)),
        ("not Using seed: 12", {}, None, None),
        ("  0%|          | 0/0 [00:00<?, ?it/s]", {}, None, (0.0, 0, 0)),
        ("50%| half a line", {}, None, None),
        (LOGS + "x" * 5000, {}, 38126, (0.38, 19, 50)),
        ("Using seed: " + "9" * 5000, {}, None, None),
        (f"50%|     | {'9' * 3500}/0 [", {}, None, None),
        ("x" * 1_000_000 + "\n 20%|██        | 1/5 [00:00<00:00]", {"seed": "x"}, None, (0.2, 1, 5)),
    ],
)
def test_logs__tell_seed_and_progress(logs: str, input: Any, seed: int | None, progress: Any) -> None:
    """The seed comes from the model's own line, the progress from its last bar."""
    prediction = read(logs=logs, input=input)
    assert prediction.seed == seed
    assert prediction.progress == progress


@pytest.mark.parametrize(
    ("output", "videos"),
    [
        (None, []),
        ("https://x.test/output.mp4", [(0, "https://x.test/output.mp4")]),
        (["https://x.test/output-1.mp4", "https://x.test/output-0.mp4?sig=9.mp4"], None),
        (["https://x.test/b.mp4", "https://x.test/a.mp4"], [(0, "https://x.test/b.mp4"), (1, "https://x.test/a.mp4")]),
        (["data:video/mp4;base64,AAAA"], [(0, "data:video/mp4;base64,AAAA")]),
        ([None, 5, "", {}], []),
        ({"a": "https://x.test/output.mp4"}, []),
        (["http://["], [(0, "http://[")]),
        ([f"http://x.test/{'9' * 5000}.mp4"], [(0, f"http://x.test/{'9' * 5000}.mp4")]),
    ],
)
def test_videos__come_in_the_order_of_their_numbers(output: Any, videos: Any) -> None:
    """The number in the file name decides; without one, the place in the list does."""
    found = [(video.index, video.url) for video in read(output=output).videos]
    if videos is None:
        videos = [(0, output[1]), (1, output[0])]
    assert found == videos


def test_prediction__pickles_without_its_client() -> None:
    """A prediction crosses processes whole, but without the client and its token."""
    prediction = read(output=["https://x.test/output-0.mp4"], new_field=1)
    again = pickle.loads(pickle.dumps(prediction))
    assert again == prediction and again.to_dict() == prediction.to_dict()
    assert again.videos == prediction.videos
    with pytest.raises(zeroscope.ConfigurationError, match=r"predictions\.get"):
        again.reload()
    with pytest.raises(zeroscope.ConfigurationError, match=r"predictions\.get"):
        pickle.loads(pickle.dumps(again.videos[0])).read()


def test_prediction__compares_by_what_the_service_said() -> None:
    """Two reads of the same state are equal; another state or another object is not."""
    assert read() == read()
    assert read() != read(status="failed")
    assert read() != "gm3q"
    assert len({read(), read(), read(id="other")}) == 2


def test_repr__is_short() -> None:
    """A repr tells id and status, or number and address, and no more."""
    prediction = read(output=["https://x.test/output-0.mp4", "data:video/mp4;base64," + "A" * 10_000])
    assert repr(prediction) == "<Prediction gm3q starting>"
    assert repr(prediction.videos[0]) == "<Video 0 https://x.test/output-0.mp4>"
    assert len(repr(prediction.videos[1])) < 150


def test_raise_for_status__refuses_what_has_not_ended() -> None:
    """A prediction that still runs has no result to speak of, one with videos passes."""
    with pytest.raises(zeroscope.PredictionError, match="is still processing"):
        read(status="processing").raise_for_status()
    done = read(status="succeeded", output=["https://x.test/output-0.mp4"])
    assert done.raise_for_status() is done


@pytest.mark.parametrize(
    ("logs", "seed", "progress"),
    [
        ("loading\nUsing seed: 12\n", 12, None),
        ("Using seed: -5\n", -5, None),
        ("100%|██| 60/50 [00:03<00:00]\n", None, (1.0, 60, 50)),
        (" 20%|██  | 1/5 [00:01<00:04]\x1b[A 40%|████  | 2/5 [00:02<00:03]", None, (0.4, 2, 5)),
    ],
)
def test_logs__are_read_wherever_the_line_is(logs: str, seed: int | None, progress: Any) -> None:
    """The seed's line need not be the first, the last bar on a line counts, and no bar is more than full."""
    prediction = read(logs=logs)
    assert (prediction.seed, prediction.progress) == (seed, progress)


@pytest.mark.parametrize(("sent", "removed"), [(True, True), (False, False), (None, False), ("no", False), (1, False)])
def test_data_removed__is_true_alone(sent: Any, removed: bool) -> None:
    """Only what the spec says stands for data that was removed."""
    assert read(data_removed=sent).data_removed is removed


def test_data_url__has_no_name_and_so_no_number() -> None:
    """What looks like a numbered file inside a data: URL is data."""
    output = ["data:text/plain,/x-7.mp4", "https://x.test/b.mp4"]
    assert [(video.index, video.url) for video in read(output=output).videos] == [(0, output[0]), (1, output[1])]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("Director: unexpected error handling prediction (E6716)", "E6716"),
        ("Director: unexpected error handling prediction (E9828).\n", "E9828"),
        ("E1001: CUDA out of memory", "E1001"),
        ("E1001", "E1001"),
        ("(E1001) out of memory", "E1001"),
        (" [E1001] out of memory", "E1001"),
        ("E1001\nCUDA out of memory", "E1001"),
        ("E1001, out of memory", "E1001"),
        ("Director: unexpected error (E6716)\nTraceback:\n  File x", "E6716"),
        ("\n Director: unexpected error (E6716).\r\nTraceback", "E6716"),
        ("Traceback:\n  File x\nDirector: unexpected error (E6716)\n\n", "E6716"),
        ("E1001: it failed (E6716)", "E1001"),
        ("it failed (E6716)\nit failed (E1001)", "E6716"),
        ("Traceback:\nlayer (E1001)\nis missing", None),
        ("Prediction failed: E1001", None),
        ("no such file: [E1001]", None),
        ("E1001.mp4: no such file", None),
        ("E1001-2/out.mp4 is missing", None),
        ("(E1001).mp4 is missing", None),
        ("no such file: (E1001).mp4\nstop", None),
        ("The input or output was flagged as sensitive. (E005)", None),
        ("E10012: no", None),
        ("E1001x", None),
        ("e1001: no", None),
        ("the model printed E1001", None),
        ("layer (E1001) is missing", None),
        ("Prediction interrupted; please retry (code: PA)", None),
        ("", None),
        (None, None),
        ({"code": "E1001"}, None),
    ],
)
def test_error_code__is_read_where_the_service_puts_it(error: Any, code: str | None) -> None:
    """The code is at the beginning of the text, or in parentheses at the end of its first or last line."""
    assert read(error=error).error_code == code


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("form", ["{code}: it failed", "it failed ({code})"])
def test_failure__tells_code_and_meaning(code: str, form: str) -> None:
    """The error has the code, and the documented meaning before the service's text, however long that is."""
    text = form.format(code=code) + " " * 3
    with pytest.raises(PredictionFailedError) as caught:
        read(status="failed", error=text).raise_for_status()
    assert caught.value.code == code and pickle.loads(pickle.dumps(caught.value)).code == code
    assert f"failed with {code} ({CODES[code]}): {text.strip()}" in str(caught.value)
    with pytest.raises(PredictionFailedError, match=re.escape(CODES[code])):
        read(status="failed", error=f"{code}: {'x' * 5000}").raise_for_status()


@pytest.mark.parametrize(("error", "code"), [("out of luck", None), ("it failed (E9828)", "E9828"), (None, None)])
def test_failure__without_a_known_code_tells_the_text_alone(error: str | None, code: str | None) -> None:
    """A text without a code, or with one that the service has not documented, is told as it is."""
    with pytest.raises(PredictionFailedError) as caught:
        read(status="failed", error=error).raise_for_status()
    assert caught.value.code == code
    assert str(caught.value).endswith(f" failed: {error or 'the service gave no reason'}")


def test_deployment__is_what_the_service_says() -> None:
    """A prediction of a deployment tells its name; another one has none."""
    assert read(deployment="owner/fast").deployment == "owner/fast"
    assert read(deployment=None).deployment is None and read().deployment is None


def test_json__is_ascii_in_one_line_or_indented() -> None:
    """Every encoding and every file can hold it, also with half of a surrogate pair in a log."""
    body = json.dumps(prediction_body(logs="ä \ud800")).encode()
    client = Harness("sync").client(ScriptedResponses(httpx.Response(200, content=body)))
    prediction = client.predictions.get("gm3q")
    assert prediction.to_json().isascii() and "\n" not in prediction.to_json()
    assert prediction.to_json(indent=2).startswith('{\n  "')
    assert json.loads(prediction.to_json(indent=2)) == prediction.to_dict()
