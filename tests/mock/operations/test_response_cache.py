"""The response cache, whose responses equal those that are rendered again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zeroscope_mock import MockServer
from zeroscope_mock.lifecycle.representation import prediction_json
from zeroscope_mock.messages import Response, encode
from zeroscope_mock.operations import response_cache
from zeroscope_mock.store import PAGE_SIZE

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
AUTH = {"Authorization": "Bearer a-token-of-a-test"}
SCRIPTS: list[dict[str, Any]] = [
    {},
    {"startup": 0, "run": 3, "gradual": True, "outputs": 3},
    {"run": 2, "outcome": "failed", "error": "broken"},
    {"outcome": "aborted"},
    {"reads": 3},
    {"removed": True},
    {"run": 5, "logs": ["a", "b", {"at": 0.5, "text": "c"}]},
    {"progression": "once"},
    {"startup": 0, "run": 3, "gradual": True, "outputs": 3, "logs": ["a"]},
]
# A millisecond is shorter than anything between two changes; half an hour reaches beyond the end of any of them.
SECONDS = st.sampled_from([0.0, 0.001, 0.1, 0.3, 0.7, 1.0, 2.0, 10.0, 1800.0, 3600.0])
STEPS = st.one_of(
    st.tuples(st.just("advance"), SECONDS),
    st.tuples(st.just("back"), SECONDS),
    st.tuples(st.just("cancel"), st.just(0.0)),
)


def written(server: MockServer, prediction: str, base: httpx.URL) -> bytes:
    """The prediction, rendered for the current time."""
    state = server.core.state
    record = state.store.prediction(prediction)
    assert record is not None
    addresses = state.links(f"{base.scheme}://{base.host}", base.path.rstrip("/"))
    return encode(prediction_json(record, state.clock.time(), addresses))


@settings(max_examples=100)
@given(script=st.sampled_from(SCRIPTS), steps=st.lists(STEPS, max_size=12))
def test_get__equals_a_new_rendering(script: dict[str, Any], steps: list[tuple[str, float]]) -> None:
    """Whatever script a prediction follows, however it is read or canceled, and with a clock that is set back."""
    server = MockServer()
    if script:
        server.scripts.add(script)
    with httpx.Client(transport=server.transport, base_url="https://h.test/v1/", headers=AUTH) as api:
        prediction = api.post("predictions", json={"version": VERSION, "input": {}}).json()["id"]
        for kind, seconds in steps:
            match kind:
                case "advance":
                    server.clock.advance(seconds)
                case "back":
                    server.clock.set(server.clock.time() - seconds)
                case _:
                    api.post(f"predictions/{prediction}/cancel")
            # The second response comes from the cache.
            for _ in range(2):
                assert api.get(f"predictions/{prediction}").content == written(server, prediction, api.base_url)


@settings(max_examples=50)
@given(scripts=st.lists(st.sampled_from(SCRIPTS), min_size=1, max_size=4), steps=st.lists(STEPS, max_size=8))
def test_list__equals_a_new_rendering(scripts: list[dict[str, Any]], steps: list[tuple[str, float]]) -> None:
    """It shows each prediction as a read does, whatever their scripts, whether or not they are read as well."""
    server = MockServer()
    with httpx.Client(transport=server.transport, base_url="https://h.test/v1/", headers=AUTH) as api:
        ids: list[str] = []
        for script in scripts:
            server.scripts.add(script)
            ids.append(api.post("predictions", json={"version": VERSION, "input": {}}).json()["id"])
        for kind, seconds in steps:
            match kind:
                case "advance":
                    server.clock.advance(seconds)
                case "back":
                    server.clock.set(server.clock.time() - seconds)
                case _:
                    api.post(f"predictions/{ids[0]}/cancel")
            items = b",".join(written(server, prediction, api.base_url) for prediction in ids[::-1])
            for _ in range(2):
                listed = api.get("predictions", params={"created_after": "2020-01-01T00:00:00Z"})
                assert listed.content == b'{"next":null,"previous":null,"results":[%b]}' % items
            api.get(f"predictions/{ids[-1]}")


def test_list__renders_each_prediction_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """All pages, filtered or not, are made of the same bytes, which are also those of a read."""
    server = MockServer()
    with httpx.Client(transport=server.transport, base_url="https://h.test/v1/", headers=AUTH) as api:
        for number in range(PAGE_SIZE + 5):
            api.post("predictions", json={"version": VERSION, "input": {"prompt": f"{number}"}})
        server.clock.advance(60)
        first = api.get("predictions").json()
        second = api.get(first["next"]).json()
        monkeypatch.delattr("zeroscope_mock.operations.run_bodies.prediction_json")

        assert api.get("predictions").json() == first
        assert api.get(first["next"]).json() == second
        assert api.get(second["previous"]).json()["results"] == first["results"]
        filtered = api.get("predictions", params={"source": "web"}).json()
        assert filtered == {"next": None, "previous": None, "results": []}
        filtered = api.get("predictions", params={"created_after": "2020-01-01T00:00:00Z"}).json()
        assert filtered["results"] == first["results"]
        last = first["results"][0]
        assert api.get(last["urls"]["get"]).json() == last


def test_list__leaves_out_inline_files() -> None:
    """A read of the prediction before or after the list shows them."""
    server = MockServer()
    server.scripts.add({"inline": True})
    with httpx.Client(transport=server.transport, base_url="https://h.test/v1/", headers=AUTH) as api:
        created = api.post("predictions", json={"version": VERSION, "input": {"num_frames": 1}}).json()
        for _ in range(2):
            server.clock.advance(60)
            (listed,) = api.get("predictions").json()["results"]
            read = api.get(created["urls"]["get"]).json()
            assert read["output"][0].startswith("data:")
            assert listed == {**read, "output": None}


@pytest.mark.parametrize("base", ["https://other.test/v1/", "http://h.test/v1/", "https://h.test/"])
def test_list__from_another_address(base: str) -> None:
    """The URLs in a list are those of its own client, which has cached none of another one's."""
    server = MockServer()
    with httpx.Client(transport=server.transport, base_url="https://h.test/v1/", headers=AUTH) as api:
        prediction = api.post("predictions", json={"version": VERSION, "input": {}}).json()["id"]
        api.get("predictions")
    with httpx.Client(transport=server.transport, base_url=base, headers=AUTH) as api:
        for _ in range(2):
            assert api.get("predictions").json()["results"][0]["urls"]["get"] == f"{base}predictions/{prediction}"


@pytest.mark.parametrize("script", SCRIPTS)
def test_get__again_and_again(script: dict[str, Any]) -> None:
    """No line and no output is late because a response was cached for too long."""
    server = MockServer()
    if script:
        server.scripts.add(script)
    with httpx.Client(transport=server.transport, base_url="https://h.test/v1/", headers=AUTH) as api:
        prediction = api.post("predictions", json={"version": VERSION, "input": {}}).json()["id"]
        for _ in range(250):
            assert api.get(f"predictions/{prediction}").content == written(server, prediction, api.base_url)
            server.clock.advance(0.02)


def test_get__at_the_time_of_a_change() -> None:
    """Times since 1970 are exact only to some tenths of a microsecond, so a line may be early by as much."""
    server = MockServer()
    server.scripts.add({"startup": 0, "run": 4, "logs": [{"at": 0, "text": "a"}, {"at": 1, "text": "b"}]})
    with httpx.Client(transport=server.transport, base_url="https://h.test/v1/", headers=AUTH) as api:
        prediction = api.post("predictions", json={"version": VERSION, "input": {}}).json()["id"]
        server.clock.advance(1 - 5e-6)
        for _ in range(40):
            assert api.get(f"predictions/{prediction}").content == written(server, prediction, api.base_url)
            server.clock.advance(0.25e-6)


def test_get__renders_a_response_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as nothing changes, a client that polls gets the same bytes."""
    server = MockServer()
    with httpx.Client(transport=server.transport, base_url="https://h.test/v1/", headers=AUTH) as api:
        prediction = api.post("predictions", json={"version": VERSION, "input": {}}).json()["id"]
        server.clock.advance(60)
        first = api.get(f"predictions/{prediction}").content
        monkeypatch.delattr("zeroscope_mock.operations.run_bodies.prediction_json")

        assert [api.get(f"predictions/{prediction}").content for _ in range(3)] == [first] * 3


@pytest.mark.parametrize("base", ["https://other.test/v1/", "http://h.test/v1/", "https://h.test/"])
def test_get__from_another_address(base: str) -> None:
    """The URLs in a response are those of its own client, not of the previous one."""
    server = MockServer()
    with httpx.Client(transport=server.transport, base_url="https://h.test/v1/", headers=AUTH) as api:
        prediction = api.post("predictions", json={"version": VERSION, "input": {}}).json()["id"]
        api.get(f"predictions/{prediction}")
    with httpx.Client(transport=server.transport, base_url=base, headers=AUTH) as api:
        assert api.get(f"predictions/{prediction}").json()["urls"]["get"] == f"{base}predictions/{prediction}"


def test_get__after_a_reset() -> None:
    """Ids start again, but the cached responses must not be reused."""
    server = MockServer()
    with httpx.Client(transport=server.transport, base_url="https://h.test/v1/", headers=AUTH) as api:
        inputs = [{"prompt": "one"}, {"prompt": "two"}]
        read = []
        for input in inputs:
            prediction = api.post("predictions", json={"version": VERSION, "input": input}).json()["id"]
            read.append(api.get(f"predictions/{prediction}").json()["input"])
            server.reset()

    assert read == inputs


def test_get__after_the_document_has_changed(tmp_path: Path) -> None:
    """A response has the paths of the current document, and the model that the prediction was created with."""
    document = json.loads(json.dumps(MockServer().core.document))
    path = tmp_path / "spec.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    server = MockServer(spec=path, reload=True)
    with httpx.Client(transport=server.transport, base_url="https://h.test/v1/", headers=AUTH) as api:
        prediction = api.post("predictions", json={"version": VERSION, "input": {}}).json()["id"]
        api.get(f"predictions/{prediction}")
        document["info"]["x-replicate"]["model"] = "someone/else"
        paths = document["paths"]
        paths["/predictions/{prediction_id}/stop"] = paths.pop("/predictions/{prediction_id}/cancel")
        path.write_text(json.dumps(document), encoding="utf-8")

        body = api.get(f"predictions/{prediction}").json()
        assert body["urls"]["cancel"].endswith("/stop")
        assert body["model"] == "anotherjesse/zeroscope-v2-xl"


def test_responses__are_cached_up_to_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many predictions are read, the cache has a limit, and the responses stay right."""
    monkeypatch.setattr(response_cache, "LIMIT", 30_000)
    server = MockServer()
    with httpx.Client(transport=server.transport, base_url="https://h.test/v1/", headers=AUTH) as api:
        ids = [
            api.post("predictions", json={"version": VERSION, "input": {"prompt": "x" * 5000}}).json()["id"]
            for _ in range(10)
        ]

        assert [api.get(f"predictions/{prediction}").json()["id"] for prediction in ids * 2] == ids * 2
        assert [one["id"] for one in api.get("predictions").json()["results"]] == ids[::-1]


def test_responses__are_cached_for_a_limited_number_of_hosts() -> None:
    """A host that a request only names takes no room from others, and those with responses are not kept forever."""
    cache, server = response_cache.ResponseCache(), MockServer()
    with httpx.Client(transport=server.transport, base_url="https://h.test/v1/", headers=AUTH) as api:
        prediction = api.post("predictions", json={"version": VERSION, "input": {}}).json()["id"]
    state = server.core.state
    record = state.store.prediction(prediction)
    assert record is not None
    now = state.clock.time()
    first, second, *others = (
        state.links(f"https://h{number}.test", "/v1") for number in range(2 * response_cache.MAX_SITES)
    )
    response = Response(200, (), b"{}")

    cache.put(response, record, now, now + 1, first)
    assert [cache.get([record], now, links) for links in others] == [[None]] * len(others)
    cache.put(response, record, now, now + 1, second)
    assert cache.get([record], now, first) == [response]
    for links in others:
        cache.put(response, record, now, now + 1, links)
        assert cache.get([record], now, links) == [response]
    assert cache.get([record], now, first) == [None]


def test_responses__free_the_memory_of_those_that_they_replace() -> None:
    """The limit is reached by predictions, not by how often one has changed or who asks."""
    cache, server = response_cache.ResponseCache(), MockServer()
    with httpx.Client(transport=server.transport, base_url="https://h.test/v1/", headers=AUTH) as api:
        prediction = api.post("predictions", json={"version": VERSION, "input": {}}).json()["id"]
    state = server.core.state
    record = state.store.prediction(prediction)
    assert record is not None
    now, (one, two) = state.clock.time(), (state.links(f"https://{host}.test", "/v1") for host in "ab")
    big = Response(200, (), bytes(response_cache.LIMIT // 3))

    for _ in range(10):
        cache.put(big, record, now, now + 1, one)
    cache.put(Response(200, (), b"two"), record, now, now + 1, two)
    assert cache.get([record], now, one) == [big]
    assert cache.get([record], now, two) == [Response(200, (), b"two")]


@pytest.mark.parametrize("value", [2**70, -(2**64), "\ud83d\ude00", 1e300, "é"])
def test_create__returns_the_input_as_sent(value: Any) -> None:
    """Integers of any size and all texts are returned unchanged."""
    server = MockServer()
    input = {"seed": value} if isinstance(value, int) else {"prompt": f"{value}"}
    with httpx.Client(transport=server.transport, base_url="https://h.test/v1/", headers=AUTH) as api:
        answer = api.post("predictions", content=json.dumps({"version": VERSION, "input": input}))

    assert answer.json()["input"] == json.loads(json.dumps(input))
