"""Bodies at the edge of JSON and beyond, in responses and webhooks."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest

import zeroscope
from helpers.client import Harness
from helpers.operations import CALLS, ID, NOW, SECRET, FixedResponse, signed_headers
from helpers.schemas import same

# JSON texts that parsers read differently, with the expected value of each.
VALUES: list[tuple[str, Any]] = [
    ("12345678901234567890123", 12345678901234567890123),
    ("9" * 4300, int("9" * 4300)),
    ("-0", 0),
    ("-0.0", -0.0),
    ("1E5", 100000.0),
    ("0.1000000000000000055511151231257827", 0.1),
    ("1e-999", 0.0),
    ("1e999", float("inf")),
    ("NaN", float("nan")),
    ("-Infinity", float("-inf")),
    (r'"\ud83d\uddfc"', "🗼"),
    (r'"\ud800"', "\ud800"),
    (r'"\u0000"', "\0"),
    ('{"a": 1, "b": 2, "a": 3}', {"a": 3, "b": 2}),
    ('{"": {"": null}}', {"": {"": None}}),
    ("[" * 200 + "]" * 200, json.loads("[" * 200 + "]" * 200)),
]
PLAIN = '{"id": "gm3q", "status": "starting"}'
READ: dict[str, bytes] = {
    "with a mark": b"\xef\xbb\xbf" + PLAIN.encode(),
    "utf-16": PLAIN.encode("utf-16"),
    "utf-32": PLAIN.encode("utf-32"),
    "space around": f" \r\n\t{PLAIN}\n ".encode(),
    "names twice": b'{"id": "other", "status": "failed", "id": "gm3q", "status": "starting"}',
}
REFUSED: dict[str, bytes] = {
    "nothing": b"",
    "an integer beyond what Python reads": b'{"id": "gm3q", "status": "starting", "output": ' + b"9" * 4301 + b"}",
    "deeper than Python reads": b"[" * 100_000 + b"]" * 100_000,
    "deep and open": b'{"id": "gm3q", "status": "starting", "output": ' + b'{"a":' * 100_000,
    "latin-1": '{"id": "gm3q", "status": "starting", "logs": "é"}'.encode("latin-1"),
    "half a character": '{"id": "gm3q", "status": "starting", "logs": "é"}'.encode()[:-3] + b'"}',
    "a line break in a text": b'{"id": "gm3q", "status": "starting", "logs": "a\nb"}',
    "a comma too many": b'{"id": "gm3q", "status": "starting",}',
    "two values": PLAIN.encode() * 2,
    "a comment": PLAIN.encode() + b" // done",
    "single quotes": b"{'id': 'gm3q', 'status': 'starting'}",
    "cut": PLAIN.encode()[:-5],
    "null": b"null",
    "a number": b"NaN",
    "no id": b'{"status": "starting"}',
    "a number for an id": b'{"id": 5, "status": "starting"}',
    "half a character for an id": rb'{"id": "\ud800", "status": "starting"}',
    "null for a status": b'{"id": "gm3q", "status": null}',
}

doors = pytest.mark.parametrize("door", ["sync", "async", "webhook"])


def read(door: str, body: bytes) -> Any:
    """The prediction in a body that came as an answer to one of the clients, or with a webhook."""
    if door == "webhook":
        return zeroscope.webhooks.verify(signed_headers(body), body, SECRET, now=NOW).prediction
    harness = Harness(door)
    return CALLS["getPrediction"](harness, harness.client(FixedResponse(200, body), retry=None))


@doors
@pytest.mark.parametrize(("text", "value"), VALUES, ids=[text[:20] for text, _ in VALUES])
def test_value__of_an_odd_kind_is_kept(door: str, text: str, value: Any) -> None:
    """Numbers, texts and objects at the edge of JSON and beyond are what Python makes of them, and are kept so."""
    prediction = read(door, f'{{"id": "{ID}", "status": "starting", "output": {text}, "new": {text}}}'.encode())
    sent = {"id": ID, "status": "starting", "output": value, "new": value}
    for again in (prediction, copy.copy(prediction), copy.deepcopy(prediction), pickle.loads(pickle.dumps(prediction))):
        assert same(again.to_dict(), sent)
        assert type(again.output) is type(value) and repr(again.output) == repr(value)
        # What is not a number is equal to nothing.
        assert again == prediction or text == "NaN"


@doors
@pytest.mark.parametrize("body", READ.values(), ids=READ)
def test_body__in_an_odd_form_is_read(door: str, body: bytes) -> None:
    """Any encoding of Unicode will do, with a mark or without, and of a name that comes twice the last one counts."""
    assert read(door, body).to_dict() == json.loads(PLAIN)


@doors
@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_body__that_is_no_prediction_is_refused(door: str, body: bytes) -> None:
    """What is no JSON, or has no identity, is an error that says so and shows no more than the body's beginning."""
    error = zeroscope.WebhookVerificationError if door == "webhook" else zeroscope.MalformedResponseError
    with pytest.raises(error, match=r"not a prediction|non-empty strings") as caught:
        read(door, body)
    assert len(str(caught.value)) < 600
