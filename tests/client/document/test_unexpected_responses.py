"""Arbitrary responses, streams and webhooks lead to a value or a ZeroscopeError."""

from __future__ import annotations

import gzip
import json
import pickle
import traceback
from collections.abc import Callable
from typing import Any

import httpx
from hypothesis import example, given, settings
from hypothesis import strategies as st

import zeroscope
import zeroscope.events
from helpers.client import TOKEN, Harness, prediction_body
from helpers.operations import CALLS, ID, NOW, SECRET, FixedResponse, for_both_clients, signed_headers
from helpers.schemas import allowed, forbidden, ref, same

often = settings(max_examples=70, derandomize=True, database=None)

URL = "https://files.example.test/output-0.mp4"
# The longest that a client may take over one operation, in seconds: its attempts with the longest pauses between.
PATIENCE = zeroscope.Retry().attempts * zeroscope.Retry().maximum * 1.1

KNOWN = ["Prediction", "PredictionPage", "File", "WebhookSecret", "Problem"]
VALUES = st.one_of(*map(allowed, map(ref, KNOWN)), *map(forbidden, map(ref, KNOWN)))
# Parts that the client reads, with anything in them.
PARTS = st.dictionaries(
    st.sampled_from(
        ["id", "status", "output", "logs", "input", "urls", "results", "next", "detail", "invalid_fields", "key", "get"]
    ),
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=9),
        st.sampled_from([ID, TOKEN, "succeeded", "\ud800", URL, "resets in 9e9s", "resets in " + "9" * 400 + "s"]),
        st.lists(st.one_of(st.none(), st.text(max_size=3), st.dictionaries(st.text(max_size=3), st.none()))),
        st.just({"get": 5, "type": [], "stream": "http://["}),
    ),
)
WORTHLESS: dict[str, bytes] = {
    "nothing": b"",
    "null": b"null",
    "deep lists": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "a long number": b"9" * 5000,
    "infinity": b"1e999",
    "not a number": b"NaN",
    "a page": b"<html><body>502 Bad Gateway</body></html>",
    "a mark": b"\xef\xbb\xbf",
    "half of utf-16": b"\xff\xfe{",
    "zeros": b"\0" * 4,
    "half a character": b'"\\ud800"',
    "the beginning of gzip": b"\x1f\x8b\x08",
    "an event": b"data: {}\n\n",
}


def spoiled(body: bytes) -> st.SearchStrategy[bytes]:
    """A body, as it is or damaged on the way."""
    places = st.integers(0, len(body))
    return st.one_of(
        st.just(body),
        places.map(lambda place: body[:place]),
        st.tuples(places, st.binary(max_size=3)).map(lambda cut: body[: cut[0]] + cut[1] + body[cut[0] + 1 :]),
        st.sampled_from(["utf-16", "utf-32", "utf-8-sig", "cp037"]).map(
            lambda encoding: body.decode().encode(encoding, "replace")
        ),
        st.just(gzip.compress(body, mtime=0)),
        st.just(gzip.compress(body, mtime=0)[:-9]),
    )


BODIES = st.one_of(
    st.one_of(VALUES, PARTS, st.lists(PARTS, max_size=2))
    .map(lambda value: json.dumps(value).encode())
    .flatmap(spoiled),
    # By name, as Hypothesis writes out what it chooses from.
    st.sampled_from(list(WORTHLESS)).map(lambda name: WORTHLESS[name]),
    st.binary(max_size=50),
)
# What a line of a header may hold.
OCTETS = st.binary(max_size=20).map(lambda octets: octets.translate(None, b"\r\n\0"))
WORDS = "Mon, Tue 1 99 32 Jan Foo 2024 0000 99999 00:00:00 99:99:99 1: :1 GMT UTC -0000 +0000 +9999 -99999999 - , ; ٣"
DATES = st.lists(st.sampled_from([*WORDS.encode().split(), b"9" * 30]), max_size=7).map(b" ".join)
NUMBERS = st.one_of(st.integers(), st.floats()).map(lambda number: str(number).encode())
CODINGS = st.sampled_from([b"gzip", b"deflate", b"br", b"zstd", b"gzip, x", b"", b"\xff"])
MEDIA_TYPES = st.sampled_from([b"text/html; charset=utf-7", b"text/event-stream", b";", b"application/json; charset=x"])
PLACES = st.sampled_from([b"http://[", b"//x", b"/", b"https://\xff.test", b"https://elsewhere.test/"])
NAMES = st.binary(max_size=5).map(lambda name: name.translate(None, b"\r\n\0: ") or b"x")
HEADERS = st.lists(
    st.one_of(
        st.tuples(st.just(b"retry-after"), st.one_of(OCTETS, DATES, NUMBERS, st.just(b"9" * 400))),
        st.tuples(st.sampled_from([b"ratelimit-reset", b"ratelimit-remaining"]), st.one_of(OCTETS, NUMBERS)),
        st.tuples(st.just(b"content-encoding"), CODINGS),
        st.tuples(st.just(b"content-type"), st.one_of(OCTETS, MEDIA_TYPES)),
        st.tuples(st.just(b"content-length"), NUMBERS),
        st.tuples(st.just(b"location"), st.one_of(OCTETS, PLACES)),
        st.tuples(st.just(b"set-cookie"), st.one_of(OCTETS, DATES.map(lambda date: b"a=b; expires=" + date))),
        st.tuples(NAMES, st.one_of(OCTETS, st.just(TOKEN.encode()))),
    ),
    max_size=4,
)
NAMED = [200, 201, 202, 204, 299, 304, 401, 422, 429, 499, 520, 529]
STATUSES = st.one_of(st.integers(200, 599), st.sampled_from(NAMED))


def outcome(function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """What a call comes to: a value, or an error of the package, which can be shown and pickled and tells no secret."""
    try:
        return function(*arguments, **options)
    except zeroscope.ZeroscopeError as caught:
        error = caught
    shown = "".join(traceback.format_exception(error))
    assert TOKEN not in shown + repr(error) + repr(vars(error))
    assert pickle.loads(pickle.dumps(error)) == error
    return error


@given(
    operation=st.sampled_from(list(CALLS)),
    retry=st.sampled_from([None, zeroscope.Retry()]),
    status=STATUSES,
    body=BODIES,
    headers=HEADERS,
)
@example("createPrediction", None, 422, b'{"invalid_fields": 5}', [])
@example("createPrediction", zeroscope.Retry(), 429, b'{"detail": "resets in 1' + b"0" * 400 + b's"}', [])
@for_both_clients
def test_any_answer__is_a_value_or_an_error(
    kind: str, operation: str, retry: Any, status: int, body: bytes, headers: list[tuple[bytes, bytes]]
) -> None:
    """Any status, headers and bytes, for any operation, with and without retries, come to an end that is foreseen."""
    harness = Harness(kind)
    server = FixedResponse(status, body, headers)
    began = harness.clock.now
    result = outcome(CALLS[operation], harness, harness.client(server, retry=retry))
    assert harness.clock.now - began <= (PATIENCE if retry else 0)
    if not 200 <= status < 300:
        assert isinstance(result, zeroscope.ZeroscopeError)
    if isinstance(result, zeroscope.RateLimitError):
        assert result.retry_after is None or 0 <= result.retry_after < float("inf")
    # Whatever came back, what may have been created is not created again.
    assert server.lines.count("POST /predictions") <= (retry.attempts if retry and status == 429 else 1)


ANSWERS = st.builds(FixedResponse, STATUSES, BODIES, HEADERS)
# In between there are answers as they should be, or none would get far.
SOUND = st.builds(
    lambda status, output: FixedResponse(200, json.dumps(prediction_body(status, output=output)).encode()),
    st.sampled_from(["starting", "processing", "succeeded", "failed", "new"]),
    st.one_of(st.none(), st.just([URL]), st.text(max_size=5), st.lists(st.none(), max_size=2)),
)


@often
@given(
    answers=st.lists(st.one_of(SOUND, SOUND, ANSWERS), min_size=1, max_size=8),
    retry=st.sampled_from([None, zeroscope.Retry()]),
)
@for_both_clients
def test_any_run__is_videos_or_an_error(kind: str, answers: list[FixedResponse], retry: Any) -> None:
    """Whatever comes between a create and its end, a run ends in videos or an error, within its time."""
    harness = Harness(kind)
    left = [server.copy() for server in answers]
    creates: list[int] = []

    def answer(request: httpx.Request) -> httpx.Response:
        server = left.pop(0) if len(left) > 1 else left[0]
        if request.method == "POST":
            creates.append(server.status)
        return server(request)

    client = harness.client(answer, retry=retry)
    began = harness.clock.now
    result = outcome(harness.do, client.run, timeout=600)
    assert harness.clock.now - began <= 600 + PATIENCE
    assert isinstance(result, zeroscope.ZeroscopeError) or [video.url for video in result]
    # Only what was refused as one too many is sent again.
    assert set(creates[:-1]) <= {429}


FIELDS = ["data: a", "data", "data: 5%|##| 1/2 [", "event: logs", "event: done", "event: error", "id: 1", "id: \0"]
ODD_FIELDS = ["id: \ud800", "retry: 20", "retry: 1e9", f"retry: {'9' * 30}", ":", "", "\r", "x" * 200]
LINES = st.sampled_from([*FIELDS, *ODD_FIELDS, ""])
STREAMS = st.one_of(
    st.lists(LINES, max_size=12).map(lambda lines: "\n".join([*lines, ""]).encode("utf-8", "surrogatepass")), BODIES
)
EVENT_STREAM = (b"content-type", b"text/event-stream")


@often
@given(
    streams=st.lists(
        st.tuples(st.one_of(st.just(200), STATUSES), STREAMS, st.one_of(st.just([EVENT_STREAM]), HEADERS)),
        min_size=1,
        max_size=4,
    ),
    address=st.sampled_from([URL, URL, URL, "http://[", "https://\ud800.test", "ftp://x.test", 5]),
    looks=st.sampled_from([1, 3, 20, 10**9]),
    retry=st.sampled_from([None, zeroscope.Retry()]),
)
@example([(200, b"data: a\n\n", [EVENT_STREAM])], URL, 10**9, None)
@for_both_clients
def test_any_stream__is_events_or_an_error(
    kind: str, streams: list[tuple[int, bytes, Any]], address: object, looks: int, retry: Any
) -> None:
    """Whatever a stream brings, the prediction's events end with its end or with its time."""
    harness = Harness(kind)
    left = [FixedResponse(status, body, headers) for status, body, headers in streams]
    seen = 0

    def answer(request: httpx.Request) -> httpx.Response:
        nonlocal seen
        if str(request.url) == URL:
            return (left.pop(0) if len(left) > 1 else left[0])(request)
        seen += 1
        assert seen < 1000, "requests follow each other without a pause"
        body = prediction_body("processing" if seen <= looks else "succeeded", logs="a\n", urls={"stream": address})
        return httpx.Response(200, text=json.dumps(body))

    prediction = harness.do(harness.client(answer, retry=retry).predictions.get, ID)
    began = harness.clock.now
    result = outcome(harness.all, lambda: prediction.events(timeout=10))
    assert harness.clock.now - began <= 11
    if isinstance(result, zeroscope.ZeroscopeError):
        assert isinstance(result, zeroscope.WaitTimeoutError)
    else:
        assert isinstance(result[-1], zeroscope.events.Ended)


TIMES = st.one_of(st.just(str(NOW)), NUMBERS.map(bytes.decode), st.sampled_from(["9" * 12, "9" * 400, "٣", "1e9", ""]))


@often
@given(
    body=BODIES,
    timestamp=TIMES,
    headers=st.one_of(st.just([]), HEADERS),
    changes=st.dictionaries(st.sampled_from(list(signed_headers(b""))), OCTETS, max_size=1),
)
def test_any_webhook__is_a_prediction_or_an_error(
    body: bytes, timestamp: str, headers: list[tuple[bytes, bytes]], changes: dict[str, bytes]
) -> None:
    """Whatever a webhook brings, with a signature that fits or not, is a prediction or the one error."""
    signed = {name: value.encode() for name, value in signed_headers(body, timestamp).items()}
    everything = [*headers, *{**signed, **changes}.items()]
    result = outcome(zeroscope.webhooks.verify, everything, body, SECRET, now=float(NOW))
    if isinstance(result, zeroscope.ZeroscopeError):
        assert isinstance(result, zeroscope.WebhookVerificationError)
    else:
        assert timestamp == str(NOW) and same(result.prediction.to_dict(), json.loads(body))
