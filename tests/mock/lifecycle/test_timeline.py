"""The state of a prediction at each moment of its lifecycle."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import httpx
import pytest

from zeroscope_mock import MockServer
from zeroscope_mock.cog.sizes import SIDE_LIMIT
from zeroscope_mock.documents.bundled import bundled_documents
from zeroscope_mock.documents.links import Links
from zeroscope_mock.documents.spec import Spec
from zeroscope_mock.lifecycle.logs import progress_line
from zeroscope_mock.lifecycle.model_input import MEMORY_LIMIT, RATE_LIMIT
from zeroscope_mock.lifecycle.record import RETENTION, Record
from zeroscope_mock.lifecycle.representation import prediction_json
from zeroscope_mock.lifecycle.script import Script
from zeroscope_mock.lifecycle.timeline import next_change, timeline_of
from zeroscope_mock.randomness import new_id, random_bytes
from zeroscope_mock.times import TOLERANCE, timestamp

CREATED = 1_700_000_000.0
# Starts after 1 s and runs for 4 s, one step a second.
USUAL = Script(seed=7, startup_seconds=1.0, run_seconds=4.0, steps=4, rate=1.0, output=["mock:file.mp4"] * 2)
FAILING = Script(seed=7, startup_seconds=1.0, run_seconds=2.0, steps=4, rate=1.0, outcome="failed", error="broken")
ABORTED = Script(seed=7, startup_seconds=1.0, run_seconds=4.0, steps=4, rate=1.0, outcome="aborted")
REMOVED = Script(
    seed=7, startup_seconds=1.0, run_seconds=4.0, steps=4, rate=1.0, output=["mock:file.mp4"], removed=True
)


def at(seconds: float, script: Script = USUAL, **changes: Any) -> dict[str, Any]:
    """The body of a prediction a number of seconds after its creation."""
    changes = {"model": "owner/name", **changes}
    record = Record("an-id", "tenant", 0, CREATED, "a-version", {"prompt": "x"}, script, **changes)
    return prediction_json(record, CREATED + seconds, Links(Spec.load(None, bundled_documents()), "https://h", "/v1"))


@pytest.mark.parametrize(
    ("seconds", "status", "steps", "known"),
    [
        (0, "starting", None, set()),
        (0.9, "starting", None, set()),
        (1, "processing", 0, {"started_at"}),
        (2.5, "processing", 1, {"started_at"}),
        (4.9, "processing", 3, {"started_at"}),
        (5, "succeeded", 4, {"started_at", "completed_at", "metrics"}),
        (1000, "succeeded", 4, {"started_at", "completed_at", "metrics"}),
    ],
)
def test_a_prediction_goes_from_starting_to_succeeded(
    seconds: float, status: str, steps: int | None, known: set[str]
) -> None:
    """Status and logs follow the clock, and times are not there before they are known."""
    body = at(seconds)

    assert body["status"] == status
    assert {"started_at", "completed_at", "metrics"} & body.keys() == known
    lines = body["logs"].splitlines()
    assert lines == [] if steps is None else lines[0] == "Using seed: 7" and len(lines) == steps + 2
    assert (body["output"] is not None) == (status == "succeeded")


def test_a_body_is_what_the_service_sends() -> None:
    """At the end, a prediction has all the fields of a recorded one."""
    assert at(6) == {
        "id": "an-id",
        "model": "owner/name",
        "version": "a-version",
        "input": {"prompt": "x"},
        "logs": (
            "Using seed: 7\n"
            "  0%|          | 0/4 [00:00<?, ?it/s]\n"
            " 25%|██▌       | 1/4 [00:01<00:03, 1.0it/s]\n"
            " 50%|█████     | 2/4 [00:02<00:02, 1.0it/s]\n"
            " 75%|███████▌  | 3/4 [00:03<00:01, 1.0it/s]\n"
            "100%|██████████| 4/4 [00:04<00:00, 1.0it/s]\n"
        ),
        "output": ["https://h/v1/outputs/an-id/output-0.mp4", "https://h/v1/outputs/an-id/output-1.mp4"],
        "data_removed": False,
        "error": None,
        "source": "api",
        "status": "succeeded",
        "created_at": "2023-11-14T22:13:20.00000Z",
        "started_at": "2023-11-14T22:13:21.000Z",
        "completed_at": "2023-11-14T22:13:25.000000Z",
        "metrics": {"total_time": 5.0, "predict_time": 4.0},
        "urls": {
            "cancel": "https://h/v1/predictions/an-id/cancel",
            "get": "https://h/v1/predictions/an-id",
            "web": "https://replicate.com/p/an-id",
        },
    }


@pytest.mark.parametrize(
    ("script", "changes", "status", "metrics", "steps"),
    [
        pytest.param(FAILING, {}, "failed", {"total_time": 3.0, "predict_time": 2.0}, 2, id="fails"),
        pytest.param(ABORTED, {}, "aborted", {"total_time": 1.0}, None, id="aborts"),
        pytest.param(
            USUAL, {"canceled": CREATED + 0.5}, "canceled", {"total_time": 0.5}, None, id="canceled-before-start"
        ),
        pytest.param(
            USUAL, {"canceled": CREATED + 3}, "canceled", {"total_time": 3.0, "predict_time": 2.0}, 2, id="canceled"
        ),
        pytest.param(
            FAILING,
            {"canceled": CREATED + 2},
            "canceled",
            {"total_time": 2.0, "predict_time": 1.0},
            1,
            id="canceled-before-it-fails",
        ),
        pytest.param(USUAL, {"lifetime": 0.5}, "aborted", {"total_time": 0.5}, None, id="deadline-before-start"),
        pytest.param(
            USUAL, {"lifetime": 3.0}, "canceled", {"total_time": 3.0, "predict_time": 2.0}, 2, id="deadline-running"
        ),
    ],
)
def test_a_prediction_that_ends_early(
    script: Script, changes: dict[str, Any], status: str, metrics: dict[str, float], steps: int | None
) -> None:
    """What was not run is not billed: there is no predict_time for what never started."""
    body = at(10, script, **changes)

    assert (body["status"], body["output"], body["metrics"]) == (status, None, metrics)
    assert ("started_at" in body) == ("predict_time" in metrics)
    assert body["error"] == ("broken" if status == "failed" else None)
    assert len(body["logs"].splitlines()) == (0 if steps is None else steps + 2)


@pytest.mark.parametrize("changes", [{}, {"lifetime": 20.0}, {"canceled": CREATED + 20}])
def test_a_deadline_or_cancel_after_the_end_changes_nothing(changes: dict[str, Any]) -> None:
    """The prediction stays as it was."""
    assert at(30, **changes)["status"] == "succeeded"


@pytest.mark.parametrize(
    ("script", "seconds", "removed"),
    [
        (USUAL, 5 + RETENTION - 1, False),
        (USUAL, 5 + RETENTION, True),
        (FAILING, 3 + RETENTION, True),
        (REMOVED, 4.9, False),
        (REMOVED, 5, True),
    ],
)
def test_data_is_removed_an_hour_after_the_end(script: Script, seconds: float, removed: bool) -> None:
    """Input, output and logs go; status, times and metrics stay."""
    body = at(seconds, script)

    assert body["data_removed"] is removed
    assert (body["input"] == {}) is removed
    assert (body["logs"] == "") is removed
    assert (body["output"] is None) is (removed or body["status"] != "succeeded")
    assert "metrics" in body or not removed


@pytest.mark.parametrize(
    ("total", "rate", "done", "line"),
    [
        (50, 15.8, 0, "  0%|          | 0/50 [00:00<?, ?it/s]"),
        (50, 15.8, 19, " 38%|███▊      | 19/50 [00:01<00:01, 15.8it/s]"),
        (50, 15.8, 50, "100%|██████████| 50/50 [00:03<00:00, 15.8it/s]"),
        (500, 0.1, 499, " 99%|█████████▉| 499/500 [1:23:10<00:10, 10.0s/it]"),
        (1, 5.0, 1, "100%|██████████| 1/1 [00:00<00:00, 5.0it/s]"),
    ],
)
def test_progress_is_drawn_as_tqdm_draws_it(total: int, rate: float, done: int, line: str) -> None:
    """Percent, a bar in eighths of ten columns, steps, times and speed."""
    assert progress_line(total, rate, done) == line


@pytest.mark.parametrize("seconds", [0.0, 1e308, float("inf")])
def test_every_moment_can_be_written(seconds: float) -> None:
    """Times beyond the year 9999 become its end."""
    assert datetime.fromisoformat(timestamp(seconds)).year in {1970, 9999}


def test_a_created_prediction_has_the_input_as_sent(create: Callable[..., dict[str, Any]]) -> None:
    """Nothing is filled in, nothing has happened yet."""
    body = create(prompt="a lighthouse", fps=12)

    assert body["input"] == {"prompt": "a lighthouse", "fps": 12}
    assert (body["status"], body["logs"], body["error"], body["output"]) == ("starting", "", None, None)
    assert re.fullmatch(r"[a-z2-7]{26}", body["id"])
    assert re.fullmatch(r"2026-01-01T00:00:00\.0{3,9}Z", body["created_at"])
    assert "webhook" not in body
    assert "deadline" not in body


@pytest.mark.parametrize(
    ("fields", "steps", "seconds"),
    [
        pytest.param({}, 50, 50 / 15.8, id="defaults"),
        pytest.param({"num_inference_steps": 100}, 100, 100 / 15.8, id="more-steps"),
        pytest.param({"num_frames": 48}, 50, 100 / 15.8, id="more-frames"),
        pytest.param({"num_frames": 24.0}, 50, 50 / 15.8, id="integer-as-float"),
        pytest.param({"width": 1152, "height": 640}, 50, 200 / 15.8, id="larger"),
        pytest.param({"batch_size": 3}, 50, 150 / 15.8, id="batch"),
        pytest.param({"init_weight": 0.8}, 50, 50 / 15.8, id="weight-without-video"),
        pytest.param({"init_weight": 0.5, "init_video": "https://h/v.mp4"}, 25, 25 / 15.8, id="half-denoised"),
        pytest.param({"init_weight": 1, "init_video": "https://h/v.mp4"}, 1, 1 / 15.8, id="not-denoised"),
        pytest.param({"init_weight": 10**400, "init_video": "https://h/v.mp4"}, 1, 1 / 15.8, id="absurd-weight"),
        pytest.param({"init_weight": -3, "init_video": "https://h/v.mp4"}, 50, 50 / 15.8, id="negative-weight"),
    ],
)
def test_the_run_takes_longer_for_more_work(
    server: MockServer,
    api: httpx.Client,
    create: Callable[..., dict[str, Any]],
    fields: dict[str, Any],
    steps: int,
    seconds: float,
) -> None:
    """Time grows with steps, frames, pixels and videos, from 15.8 steps a second for the defaults."""
    prediction = create(**fields)
    server.clock.advance(1000)

    body = api.get(prediction["urls"]["get"]).json()

    assert body["logs"].splitlines()[-1].startswith(f"100%|██████████| {steps}/{steps} ")
    assert body["metrics"]["predict_time"] == pytest.approx(seconds, abs=1e-5)
    assert 0.5 <= body["metrics"]["total_time"] - body["metrics"]["predict_time"] <= 2


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"num_frames": 0}, "num_frames must be at least 1, but is 0"),
        ({"num_frames": -(10**300)}, r"num_frames must be at least 1, but is -10+"),
        ({"fps": 0}, "fps must be at least 1, but is 0"),
        ({"init_video": "https://h.invalid/a.mp4"}, r"\[Errno -2\] Name or service not known: 'h\.invalid'"),
        ({"fps": RATE_LIMIT + 1}, "fps must be at most 1000, but is 1001"),
        ({"width": SIDE_LIMIT + 1, "num_frames": 1}, r"CUDA out of memory\. Tried to allocate .*"),
        ({"batch_size": MEMORY_LIMIT}, r"CUDA out of memory\. Tried to allocate .*"),
        ({"num_frames": 10**4000}, r"CUDA out of memory\. Tried to allocate .*"),
    ],
)
def test_the_model_fails_at_what_no_bound_forbids(
    server: MockServer,
    api: httpx.Client,
    create: Callable[..., dict[str, Any]],
    fields: dict[str, Any],
    error: str,
) -> None:
    """The document has few bounds, so that such a run is created, starts and fails."""
    prediction = create(**fields)
    server.clock.advance(10)

    body = api.get(prediction["urls"]["get"]).json()

    assert body["status"] == "failed"
    assert re.fullmatch(error, body["error"])
    assert body["output"] is None
    assert body["metrics"]["predict_time"] > 0


@pytest.mark.parametrize(("sent", "logged"), [({"seed": 42}, r"42"), ({"seed": -1}, r"-1"), ({}, r"\d{1,5}")])
def test_the_log_begins_with_the_seed(
    server: MockServer,
    api: httpx.Client,
    create: Callable[..., dict[str, Any]],
    sent: dict[str, int],
    logged: str,
) -> None:
    """The seed that was asked for, or one that the server drew."""
    prediction = create(**sent)
    server.clock.advance(2)

    logs = api.get(prediction["urls"]["get"]).json()["logs"]

    assert re.match(f"Using seed: {logged}\n", logs)


@pytest.mark.parametrize(
    ("seconds", "digits", "text"),
    [
        (CREATED, 3, "2023-11-14T22:13:20.000Z"),
        (CREATED, 6, "2023-11-14T22:13:20.000000Z"),
        (CREATED, 9, "2023-11-14T22:13:20.000000000Z"),
        (CREATED + 0.5, 3, "2023-11-14T22:13:20.500Z"),
        (CREATED + 0.5, 4, "2023-11-14T22:13:20.5000Z"),
        (CREATED + 0.12345, 3, "2023-11-14T22:13:20.12345Z"),
        (CREATED + 0.12345, 7, "2023-11-14T22:13:20.1234500Z"),
        (CREATED + 0.123456, 3, "2023-11-14T22:13:20.123456Z"),
        (CREATED + 0.123456, 9, "2023-11-14T22:13:20.123456000Z"),
        (1e300, 3, "9999-12-31T00:00:00.000Z"),
    ],
)
def test_timestamp__has_three_to_nine_digits(seconds: float, digits: int, text: str) -> None:
    """A number of digits that is too small for the moment grows, so that no order is lost."""
    assert timestamp(seconds, digits) == text


def test_timestamps__differ_in_their_digits() -> None:
    """Ids decide how many digits there are, each number occurs, and the moments stay in order."""
    links = Links(Spec.load(None, bundled_documents()), "https://h", "/v1")
    seen = set[int]()
    for letter in "abcdefghijklmnopqrstuvwxyz":
        record = Record(f"{letter}za", "tenant", 0, CREATED, "a-version", {}, USUAL)
        body = prediction_json(record, CREATED + 6, links)
        texts = [body[name] for name in ("created_at", "started_at", "completed_at")]
        seen |= {len(text.partition(".")[2]) - 1 for text in texts}
        moments = [datetime.fromisoformat(text).timestamp() for text in texts]
        assert moments == [CREATED, CREATED + 1, CREATED + 5]
        assert body == prediction_json(record, CREATED + 6, links)

    assert seen == set(range(3, 10))


@pytest.mark.parametrize("speed", [1, 1000])
def test_timestamps__of_some_end_with_the_millisecond(speed: float) -> None:
    """One prediction in four starts and ends on whole milliseconds, not before its log is complete."""
    links = Links(Spec.load(None, bundled_documents()), "https://h", "/v1")
    script = replace(USUAL, startup_seconds=1.2345678, run_seconds=4.0000004)
    short = 0
    for number in range(400):
        record = Record(
            new_id(random_bytes(str(number))), "tenant", 0, CREATED + 0.1234565, "v", {}, script, speed=speed
        )
        body = prediction_json(record, CREATED + 60, links)
        texts = [body[name] for name in ("created_at", "started_at", "completed_at")]
        moments = list(map(datetime.fromisoformat, texts))
        assert moments == sorted(moments) and body["logs"] == script.logs(script.steps + 2)
        digits = {len(text.partition(".")[2]) - 1 for text in texts[1:]}
        assert digits == {3} or min(digits) > 3
        short += digits == {3}
        timeline = timeline_of(record)
        late = timeline.end - record.created - 5.2345682 / speed
        assert -1e-5 < late < 0.0021

    assert 70 < short < 130


@pytest.mark.parametrize("speed", [1.0, 7.0, 1e6])
@pytest.mark.parametrize("id", ["an-id", "dn-id"])
@pytest.mark.parametrize(
    "script",
    [
        USUAL,
        FAILING,
        ABORTED,
        REMOVED,
        replace(USUAL, gradual=True),
        replace(USUAL, gradual=True, unevenness=0.5, output=["a"] * 7),
        replace(USUAL, lines=((0.0, "a"), (0.3, "b"), (0.3, "c"), (3.999, "d"), (9.0, "e"))),
        replace(USUAL, startup_seconds=0.0, lines=()),
        replace(USUAL, run_seconds=0.0, lines=()),
        replace(USUAL, startup_seconds=1 / 3, run_seconds=2 / 3, rate=15.8, steps=10),
    ],
)
@pytest.mark.parametrize("changes", [{}, {"lifetime": 0.5}, {"lifetime": 2.2}, {"canceled": CREATED + 1.7}])
def test_next_change__is_when_the_body_changes(script: Script, id: str, speed: float, changes: dict[str, Any]) -> None:
    """From one change to the next nothing differs, and each one shows at its moment."""
    record = Record(id, "tenant", 0, CREATED, "a-version", {}, script, speed=speed, model="a/b", **changes)
    links = Links(Spec.load(None, bundled_documents()), "https://h", "/v1")

    def body(now: float) -> dict[str, Any]:
        return prediction_json(record, now, links)

    now, kinds = CREATED, list[str]()
    while (change := next_change(record, now)) is not None:
        moment, kind = change
        assert moment > now
        # What happens within the tolerance is one change.
        if moment - now > 10 * TOLERANCE:
            assert body(moment - 5 * TOLERANCE) == body(now)
            assert body(moment) != body(now) or kind == "start"
        kinds.append(kind)
        now = moment
        assert len(kinds) < 100

    assert body(now + 100) == body(now) and timeline_of(record).end <= now
    assert [kind for kind in kinds if kind in ("start", "end")] in (["start", "end"], ["end"], ["start"], [])


@pytest.mark.parametrize("reads", [(), (CREATED,), (CREATED, CREATED + 1)])
def test_next_change__of_what_reads_move_on(reads: tuple[float, ...]) -> None:
    """Nothing changes by itself."""
    record = Record("an-id", "tenant", 0, CREATED, "v", {}, replace(USUAL, reads=3), reads=reads)
    assert next_change(record, CREATED + 2) is None
