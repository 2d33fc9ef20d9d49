"""Hostile requests: the server responds to each, and never with a 5xx."""

from __future__ import annotations

import json

from hypothesis import example, given, settings
from hypothesis import strategies as st

from zeroscope_mock import MockServer
from zeroscope_mock.messages import Head, Request

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
AUTH = ("authorization", "Bearer a-token")

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
fields = st.sampled_from(
    ["prompt", "width", "height", "fps", "num_frames", "batch_size", "seed", "init_video", "init_weight", "model"]
)
inputs = st.dictionaries(
    fields, json_values | st.integers(256, 600) | st.sampled_from(["xl", "https://h/v"]), max_size=6
)
creations = st.fixed_dictionaries(
    {"version": st.just(VERSION), "input": inputs},
    optional={"webhook": st.text(), "stream": st.booleans(), "webhook_events_filter": json_values},
)
bodies = st.one_of(
    st.binary(max_size=200),
    creations.map(lambda value: json.dumps(value).encode()),
    json_values.map(lambda value: json.dumps(value).encode()),
    st.binary(max_size=50).map(
        lambda content: b'--b\r\nContent-Disposition: form-data; name="content"\r\n\r\n' + content + b"\r\n--b--\r\n"
    ),
)
anything = st.text(st.characters(), max_size=30)
headers = st.lists(
    st.tuples(
        st.sampled_from(["content-type", "cancel-after", "prefer", "authorization", "host", "x"]),
        anything
        | st.sampled_from(
            [
                "application/json",
                "multipart/form-data; boundary=b",
                "multipart/form-data; boundary*=x''%ff",
                "5s",
                "wait=3",
            ]
        ),
    ),
    max_size=4,
)
paths = st.one_of(
    st.sampled_from(
        [
            "/v1/predictions",
            "/predictions",
            "/v1/files",
            "/v1/webhooks/default/secret",
            "/outputs/" + "a" * 26 + "/output-0.mp4",
        ]
    ),
    anything.map(lambda text: f"/v1/predictions/{text}"),
    anything.map(lambda text: f"/v1/predictions/{text}/cancel"),
    anything,
)
methods = st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE"]) | anything
SERVER = MockServer()


@settings(max_examples=1500, derandomize=True, database=None)
@given(methods, paths, anything, headers, bodies, st.booleans(), st.sampled_from([0, 1, 3600, 1e9]))
@example("POST", "/v1/predictions", "", [("content-type", "application/json")], b"[" * 10**5, True, 0)
@example("GET", "/v1/predictions/%ff%00", "%ff=%00&cursor=\ud800", [("host", "\ud800")], b"", True, 0)
@example("GET", "/v1/predictions/\ud800", "", [("authorization", "Bearer \ud800")], b"", False, 0)
@example("\ud800", "/v1/predictions", "", [], b"", True, 0)
@example("POST", "/v1/files", "", [("content-type", "multipart/form-data; boundary=\ud800")], b"--", True, 0)
def test_every_request_has_a_response(
    method: str,
    path: str,
    query: str,
    headers: list[tuple[str, str]],
    body: bytes,
    authorized: bool,
    seconds: float,
) -> None:
    """Any method, path, query, headers and body, at any time."""
    SERVER.clock.advance(seconds)
    sent = (*headers, AUTH) if authorized else tuple(headers)

    response = SERVER.core.handle(Request(Head(method, path, query, sent), body))

    assert response.status < 500
    if isinstance(response.body, bytes) and (response.header("content-type") or "").endswith("json"):
        json.loads(response.body)


@settings(max_examples=500, derandomize=True, database=None)
@given(inputs, st.sampled_from([0.0, 1.0, 2.0, 5.0, 100.0]))
def test_every_prediction_can_be_read_at_any_time(sent: dict[str, object], seconds: float) -> None:
    """Every prediction that was created can be read, listed and canceled afterwards."""
    SERVER.reset()
    body = json.dumps({"version": VERSION, "input": sent}).encode()
    created = SERVER.core.handle(Request(Head("POST", "/predictions", headers=(AUTH,)), body))
    assert created.status in {201, 400, 422}
    SERVER.clock.advance(seconds)

    assert SERVER.core.handle(Request(Head("GET", "/predictions", headers=(AUTH,)))).status == 200
    if created.status == 201 and isinstance(created.body, bytes):
        path = f"/predictions/{json.loads(created.body)['id']}"
        assert SERVER.core.handle(Request(Head("GET", path, headers=(AUTH,)))).status == 200
        assert SERVER.core.handle(Request(Head("POST", f"{path}/cancel", headers=(AUTH,)))).status == 200
