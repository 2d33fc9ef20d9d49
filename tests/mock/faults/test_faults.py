"""The requests that a fault applies to, its settings, and the recipes."""

from __future__ import annotations

import json
import threading
from collections import Counter
from random import Random
from typing import Any

import pytest

from zeroscope_mock.faults import fault as fault_module
from zeroscope_mock.faults.expectations import FaultError
from zeroscope_mock.faults.faults import MAX_FAULTS, Faults
from zeroscope_mock.faults.recipes import RECIPES
from zeroscope_mock.faults.settings import FaultSettings
from zeroscope_mock.tenants import tenant_of

TOKEN = "r8_a-token-that-must-show-nowhere"
CREATES = frozenset({"createFile", "createModelPrediction", "createPrediction"})
FILES = frozenset({"downloadFile", "getOutput", "streamPrediction"})
READS = frozenset({"cancelPrediction", "getPrediction", "listPredictions"})
DELIVERY = "receivePredictionEvent"


def make(seed: int = 0) -> Faults:
    return Faults(Random(seed), operations=CREATES | FILES | READS | {DELIVERY}, prefixes=("/v1", ""))


def struck(faults: Faults, times: int = 1, **request: Any) -> list[bool]:
    """Whether a fault applies to each of some equal requests."""
    usual: dict[str, Any] = {"operation": "getPrediction", "method": "GET", "path": "/v1/predictions/a", "tenant": None}
    return [faults.take(**{**usual, **request}) is not None for _ in range(times)]


def add(faults: Faults, **settings: Any) -> Any:
    """Adds a fault with arguments that no type checker would accept."""
    return faults.add(**settings)


def settings_of(faults: Faults) -> list[dict[str, Any]]:
    """The settings of all faults."""
    return [fault.rule.to_json() for fault in faults]


@pytest.mark.parametrize(
    ("settings", "request_", "expected"),
    [
        ({}, {}, True),
        ({}, {"operation": None, "path": "/nowhere"}, True),
        ({}, {"operation": DELIVERY, "method": "POST", "path": "/hook"}, False),
        ({"operation": DELIVERY}, {"operation": DELIVERY, "method": "POST", "path": "/hook"}, True),
        ({"operation": DELIVERY}, {}, False),
        ({"operation": "getPrediction"}, {}, True),
        ({"operation": "getPrediction"}, {"operation": "listPredictions"}, False),
        ({"operation": "getPrediction"}, {"operation": None}, False),
        ({"operation": ["listPredictions", "getPrediction"]}, {}, True),
        ({"method": "get"}, {}, True),
        ({"method": "POST"}, {}, False),
        ({"method": {"POST", "GET"}}, {}, True),
        ({"path": "/v1/predictions/a"}, {}, True),
        ({"path": "/predictions/?"}, {}, True),
        ({"path": "/predictions/*"}, {"path": "/predictions/a"}, True),
        ({"path": "/predictions/*"}, {"path": "/predictions/a/cancel"}, True),
        ({"path": "/predictions/*"}, {"path": "/v1/predictions"}, False),
        ({"path": "/Predictions/*"}, {}, False),
        ({"path": "*/a"}, {}, True),
        ({"path": "/v1/v1/*"}, {}, False),
        ({"token": TOKEN}, {"tenant": tenant_of(TOKEN)}, True),
        ({"token": TOKEN}, {"tenant": tenant_of("another")}, False),
        ({"token": TOKEN}, {"tenant": None}, False),
        ({"operation": "getPrediction", "method": "POST"}, {}, False),
    ],
)
def test_a_fault_strikes__what_matches(settings: dict[str, Any], request_: dict[str, Any], expected: bool) -> None:
    """Every condition must hold; deliveries of webhooks are only struck by a fault that names them."""
    faults = make()
    fault = add(faults, status=503, **settings)

    assert struck(faults, **request_) == [expected]
    assert (fault.seen, fault.hits) == (expected, expected)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, [1, 1, 1, 1, 1]),
        ({"nth": 2}, [0, 1, 0, 0, 0]),
        ({"nth": [4, 1]}, [1, 0, 0, 1, 0]),
        ({"nth": range(2, 4)}, [0, 1, 1, 0, 0]),
        ({"times": 2}, [1, 1, 0, 0, 0]),
        ({"skip": 3}, [0, 0, 0, 1, 1]),
        ({"skip": 1, "times": 2}, [0, 1, 1, 0, 0]),
        ({"probability": 0}, [0, 0, 0, 0, 0]),
        ({"probability": 1.0, "times": 1}, [1, 0, 0, 0, 0]),
    ],
)
def test_a_fault_strikes__when_it_is_due(settings: dict[str, Any], expected: list[int]) -> None:
    """Matching requests are counted from 1."""
    faults = make()
    fault = add(faults, operation="getPrediction", status=503, **settings)
    struck(faults, 3, operation="listPredictions")

    assert struck(faults, 5) == [bool(due) for due in expected]
    assert (fault.seen, fault.hits) == (5, sum(expected))


def test_counting__per_resource() -> None:
    """Each path has counts of its own, whatever stands before it."""
    faults = make()
    fault = faults.add(status=503, times=2, per="resource")

    assert struck(faults, 1, path="/v1/predictions/a") == [True]
    assert struck(faults, 3, path="/v1/predictions/b") == [True, True, False]
    assert struck(faults, 2, path="/predictions/a") == [True, False]
    assert (fault.seen, fault.hits) == (6, 4)


def test_counting__over_all_resources() -> None:
    """By default, a fault counts all matching requests."""
    faults = make()
    faults.add(status=503, times=2)

    assert [struck(faults, path=path)[0] for path in ("/a", "/b", "/c", "/a")] == [True, True, False, False]


def test_counting__forgets_old_resources(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the limit, the resource whose last request is oldest is counted from 1 again."""
    monkeypatch.setattr(fault_module, "MAX_RESOURCES", 2)
    faults = make()
    faults.add(status=503, times=1, per="resource")
    asked = ["/a", "/b", "/a", "/c", "/a", "/b"]

    assert [struck(faults, path=path)[0] for path in asked] == [True, True, False, True, False, True]


def test_probability__is_seeded() -> None:
    """Equal seeds give equal faults, others give others, and as many as were asked for."""

    def run(seed: int) -> list[bool]:
        faults = make(seed)
        faults.add(status=503, probability=0.3)
        return struck(faults, 1000)

    assert run(1) == run(1) != run(2)
    assert 250 < sum(run(1)) < 350


def test_probability__is_drawn_for_each_fault() -> None:
    """Two faults of equal probability do not strike alike, also after all was cleared."""
    faults = make()

    def run() -> tuple[int, int]:
        faults.clear()
        first, second = faults.add(delay=1, probability=0.5), faults.add(delay=2, probability=0.5)
        struck(faults, 1000)
        return first.hits, second.hits

    first, second = run()
    assert 450 < first < 550
    assert 200 < second < 300
    assert run() == (first, second)


def test_probability__does_not_depend_on_other_resources() -> None:
    """The faults of one path are the same whatever is requested in between."""

    def run(others: int) -> list[bool]:
        faults = make()
        faults.add(status=503, probability=0.5, per="resource")
        found: list[bool] = []
        for _ in range(50):
            struck(faults, others, path="/v1/predictions/b")
            found += struck(faults, path="/v1/predictions/a")
        return found

    assert run(0) == run(3)
    assert 10 < sum(run(0)) < 40


def test_the_first_fault_that_is_due_strikes() -> None:
    """The others count the request all the same, so that `nth` means what it says."""
    faults = make()
    first, second, third = faults.add(nth=1, status=500), faults.add(nth=2, status=502), faults.add(nth=1, status=503)

    taken = [faults.take(operation=None, method="GET", path="/", tenant=None) for _ in range(3)]

    assert taken == [first, second, None]
    assert [(fault.seen, fault.hits) for fault in faults] == [(3, 1), (3, 1), (3, 0)]
    assert third.hits == 0


@pytest.mark.parametrize(("path", "expected"), [("/_mock", False), ("/_mock/reset", False), ("/_mocked", True)])
def test_control_is_never_struck(path: str, expected: bool) -> None:
    """A caller that added a fault can remove it."""
    faults = make()
    faults.add(path="*", status=503)

    assert struck(faults, operation=None, path=path) == [expected]


def test_threads_share_faults() -> None:
    """No request is counted twice or not at all."""
    faults = make()
    fault = faults.add(status=503, times=1000)
    threads = [threading.Thread(target=struck, args=(faults, 500)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (fault.seen, fault.hits) == (4000, 1000)


@pytest.mark.parametrize(
    ("settings", "field", "message"),
    [
        ({"stauts": 503}, "stauts", "a fault has no argument 'stauts'; did you mean 'status'?"),
        ({"operation": "getPredicton"}, "operation", "no operation 'getPredicton'; did you mean 'getPrediction'?"),
        ({"operation": "zzz"}, "operation", "there is no operation 'zzz'; there are cancelPrediction, createFile"),
        (
            {"operation": ["getPrediction", 1]},
            "operation",
            "must be a name or several of them, not ['getPrediction', 1]",
        ),
        ({"operation": []}, "operation", "operation must be a name or several"),
        ({"operation": ""}, "operation", "operation must be a name or several"),
        ({"operation": 5}, "operation", "operation must be a name or several"),
        ({"method": "GTE"}, "method", "there is no method 'GTE'; did you mean 'GET'?"),
        ({"path": "predictions/*"}, "path", "path must be a pattern such as '/predictions/*', not 'predictions/*'"),
        ({"path": 1}, "path", "path must be a pattern"),
        ({"token": ""}, "token", "token must be the token alone"),
        ({"token": f"Bearer {TOKEN}"}, "token", "token must be the token alone, without 'Bearer'"),
        ({"token": [TOKEN]}, "token", "token must be the token alone"),
        ({"nth": 0}, "nth", "nth must be an integer from 1 up, or 1 to 1000 of them, not 0"),
        ({"nth": [1, 2.0]}, "nth", "nth must be an integer from 1 up, or 1 to 1000 of them, not [1, 2.0]"),
        ({"nth": []}, "nth", "nth must be an integer from 1 up, or 1 to 1000 of them"),
        ({"nth": range(1, 10**9)}, "nth", "nth must be an integer from 1 up, or 1 to 1000 of them"),
        ({"nth": True}, "nth", "nth must be an integer from 1 up, or 1 to 1000 of them, not True"),
        ({"nth": "2"}, "nth", "nth must be an integer from 1 up"),
        ({"skip": -1}, "skip", "skip must be an integer from 0 up, not -1"),
        ({"times": 0}, "times", "times must be an integer from 1 up, not 0"),
        ({"per": "prediction"}, "per", "per must be 'resource', not 'prediction'"),
        ({"probability": 1.1}, "probability", "probability must be a number from 0 to 1, not 1.1"),
        ({"probability": float("nan")}, "probability", "probability must be a number from 0 to 1, not nan"),
        ({"probability": True}, "probability", "probability must be a number from 0 to 1, not True"),
        ({"status": 199}, "status", "status must be an integer from 200 to 599, not 199"),
        ({"status": 600}, "status", "status must be an integer from 200 to 599, not 600"),
        ({"status": "503"}, "status", "not '503'"),
        ({"retry_after": -1}, "retry_after", "retry_after must be an integer from 0 up"),
        ({"body": object()}, "body", "body must be text, bytes or a JSON value"),
        ({"body": [float("inf")]}, "body", "body must be text, bytes or a JSON value"),
        ({"body_base64": "a"}, "body_base64", "body_base64 must be text in base64, not 'a'"),
        ({"body_base64": 1}, "body_base64", "body_base64 must be text in base64, not 1"),
        ({"headers": ["a"]}, "headers", "headers must be names and values"),
        ({"headers": {"a b": "c"}}, "headers", "'a b' cannot be the name of a header"),
        ({"headers": {"a": "b\r\nc: d"}}, "headers", "cannot be the value of a header"),
        ({"headers": {"a": None}}, "headers", "None cannot be the value of a header"),
        ({"headers": {"a": "\u20ac"}}, "headers", "cannot be the value of a header"),
        ({"headers": {"Content-Length": "1"}}, "headers", "the server itself sends the header 'Content-Length'"),
        ({"content_type": 5}, "content_type", "content_type must be a content type such as 'text/plain', not 5"),
        (
            {"content_type": "a\nb"},
            "content_type",
            "content_type must be a content type such as 'text/plain', not 'a\\nb'",
        ),
        ({"carried_out": 1}, "carried_out", "carried_out must be true or false, not 1"),
        ({"delay": -1}, "delay", "delay must be a number from 0 to 3600, not -1"),
        ({"delay": 3601}, "delay", "delay must be a number from 0 to 3600, not 3601"),
        ({"hang": 0}, "hang", "hang must be true, false or a number above 0 and at most 3600, not 0"),
        ({"hang": float("inf")}, "hang", "hang must be true, false or a number above 0 and at most 3600, not inf"),
        ({"reset": "during"}, "reset", "reset must be 'before' or 'after', not 'during'"),
        ({"reset": True}, "reset", "reset must be 'before' or 'after', not True"),
        ({"truncate": -1}, "truncate", "truncate must be bytes as an integer, or a share between 0 and 1"),
        ({"truncate": 1.0}, "truncate", "truncate must be bytes as an integer, or a share between 0 and 1"),
        ({"truncate": True}, "truncate", "truncate must be bytes as an integer, or a share between 0 and 1"),
        ({"malformed": "yes"}, "malformed", "malformed must be true or false, not 'yes'"),
        ({"html": 1}, "html", "html must be true or false, not 1"),
        ({"bytes_per_second": 0}, "bytes_per_second", "bytes_per_second must be a number from 0.001 to 1e+12, not 0"),
        ({"bytes_per_second": 10**400}, "bytes_per_second", "bytes_per_second must be a number from 0.001"),
        ({"status": ["x" * 100]}, "status", "not ['" + "x" * 55 + "..."),
    ],
)
def test_an_invalid_argument(settings: dict[str, Any], field: str, message: str) -> None:
    """The error names it and says what is valid; nothing is added, and no token is shown."""
    faults = make()

    with pytest.raises(FaultError) as caught:
        add(faults, **({"status": 503} | settings))

    assert caught.value.field == field
    assert message in str(caught.value)
    assert TOKEN not in str(caught.value)
    assert len(faults) == 0


@pytest.mark.parametrize(
    ("settings", "field", "message"),
    [
        ({}, "", "a fault must do something; add one of status, body, html"),
        ({"operation": "getPrediction", "times": 2, "delay": 0, "html": False, "hang": False}, "", "must do something"),
        ({"hang": 5, "status": 503}, "status", "status does not go with hang: then there is no response"),
        ({"reset": "after", "body": None, "truncate": 0}, "truncate", "truncate does not go with reset"),
        ({"reset": "after", "body": 0}, "body", "body does not go with reset"),
        ({"reset": "before", "hang": True}, "hang", "hang does not go with reset"),
        ({"reset": "after", "carried_out": True}, "carried_out", "carried_out does not go with reset"),
        ({"delay": 1, "carried_out": True}, "carried_out", "carried_out needs status, body, html or hang"),
        ({"html": True, "body": ""}, "html", "html does not go with body: there is one body"),
        ({"body_base64": "aGk=", "body": "hi"}, "body_base64", "body_base64 does not go with body"),
        ({"malformed": True, "html": True}, "malformed", "malformed does not go with html"),
        ({"malformed": True, "truncate": 0}, "malformed", "malformed does not go with truncate"),
        ({"nth": 1, "times": 1, "status": 500}, "nth", "nth does not go with times"),
        ({"nth": 1, "skip": 1, "status": 500}, "nth", "nth does not go with skip"),
        ({"per": "resource", "status": 500}, "per", "per needs something to count"),
        ({"retry_after": 0, "delay": 1}, "retry_after", "retry_after needs a refusal to go with"),
        ({"content_type": "a/b", "headers": {"Content-Type": "a/c"}}, "content_type", "does not go with a header"),
        ({"status": 204, "body": ""}, "body", "body does not go with status 204: such a response has no body"),
        ({"status": 304, "truncate": 0}, "truncate", "truncate does not go with status 304"),
        ({"status": 304, "html": True}, "html", "html does not go with status 304"),
        ({"duplicate": True}, "duplicate", "it needs operation='receivePredictionEvent'"),
        ({"operation": DELIVERY, "duplicate": True, "status": 503}, "duplicate", "duplicate does not go with status"),
        ({"operation": DELIVERY, "truncate": 5}, "truncate", "truncate is not for deliveries"),
        ({"operation": [DELIVERY, "getPrediction"], "delay": 1}, "operation", "needs a fault of its own"),
    ],
)
def test_arguments_that_exclude_each_other(settings: dict[str, Any], field: str, message: str) -> None:
    """The error names the one to leave out, with the reason."""
    faults = make()

    with pytest.raises(FaultError) as caught:
        add(faults, **settings)

    assert caught.value.field == field
    assert message in str(caught.value)
    assert len(faults) == 0


EVERYTHING: list[dict[str, Any]] = [
    {
        "operation": ["getPrediction", "listPredictions"],
        "method": "GET",
        "path": "/predictions*",
        "nth": [1, 3],
        "per": "resource",
        "probability": 0.5,
        "status": 503,
        "retry_after": 0,
        "body": {"a": [1, None, "\u00e9"]},
        "headers": {"x-a": "b"},
        "content_type": "text/plain",
        "carried_out": True,
        "delay": 1.5,
        "truncate": 0,
        "bytes_per_second": 10.0,
    },
    {"skip": 1, "times": 2, "html": True},
    {"body_base64": "/w==", "malformed": True},
    {"hang": 60.0},
    {"reset": "after"},
    {"truncate": 0.25},
    {"body": 0},
    {"operation": DELIVERY, "duplicate": True},
]


@pytest.mark.parametrize("settings", EVERYTHING)
def test_a_fault_describes_itself(settings: dict[str, Any]) -> None:
    """Its settings are JSON, and adding them again makes an equal fault."""
    fault = add(make(), **json.loads(json.dumps(settings)))

    described = json.loads(json.dumps(fault.to_json()))

    assert described == {"id": "f1", "hits": 0, "seen": 0, **settings}
    assert not fault.seen


def test_none_means_the_default() -> None:
    """Callers may pass on arguments that they were not given."""
    faults = make()

    add(faults, **dict.fromkeys(("operation", "nth", "times", "body", "headers", "hang"), None), status=503)

    assert settings_of(faults) == [{"status": 503}]


def test_a_set_of_names_is_sorted() -> None:
    """Two runs describe it in the same way."""
    fault = make().add(operation=CREATES | FILES | READS, delay=1)

    assert fault.to_json()["operation"] == sorted(CREATES | FILES | READS)


def test_a_body_is_a_copy() -> None:
    """A later change of the value does not change the fault."""
    body = {"status": "starting"}
    fault = make().add(body=body)
    body["status"] = "changed"

    assert fault.rule.body == {"status": "starting"}


@pytest.mark.parametrize(
    ("settings", "text", "representation"),
    [
        ({"status": 503, "times": 3}, "status 503 (2 of 3)", "<f1 = add(times=3, status=503), hit 2 of 2>"),
        ({"status": 503, "nth": [1, 2]}, "status 503 (2 of 2)", "<f1 = add(nth=[1, 2], status=503), hit 2 of 2>"),
        ({"status": 503, "times": 3, "per": "resource"}, "status 503 (hit 2)", None),
        ({"reset": "after"}, "reset after (hit 2)", "<f1 = add(reset='after'), hit 2 of 2>"),
        ({"hang": True, "carried_out": True}, "carried out, hang 60 (hit 2)", None),
        ({"body": "x" * 100}, "body (hit 2)", f"<f1 = add(body='{'x' * 56}...), hit 2 of 2>"),
        ({"body_base64": "aGk="}, "body (hit 2)", "<f1 = add(body_base64='aGk='), hit 2 of 2>"),
        ({"delay": 0.5, "html": True, "bytes_per_second": 100}, "delay 0.5, html, bytes per second 100 (hit 2)", None),
        ({"headers": {"a": "b"}, "content_type": "a/b"}, "headers, content type a/b (hit 2)", None),
    ],
)
def test_a_fault_as_text(settings: dict[str, Any], text: str, representation: str | None) -> None:
    """In a few words for the journal, and as it was added for its representation."""
    faults = make()
    fault = add(faults, **settings)
    struck(faults, 2)

    assert str(fault) == text
    if representation is not None:
        assert repr(fault) == representation
        assert repr(faults) == f"<Faults [{representation}]>"


def test_a_token_is_not_shown() -> None:
    """Only a name made from it is kept."""
    faults = make()
    fault = faults.add(status=503, token=TOKEN)

    assert fault.to_json()["tenant"] == tenant_of(TOKEN)
    assert TOKEN not in f"{fault!r} {fault} {faults!r} {fault.to_json()} {json.dumps(faults.dump())} {vars(fault)}"


def test_faults_are_a_sequence() -> None:
    """In the order of addition, until they are removed."""
    faults = make()
    first, second, third = (faults.add(status=status) for status in (500, 502, 503))
    assert (list(faults), len(faults), faults[1], faults[1:]) == ([first, second, third], 3, second, [second, third])
    assert [fault.id for fault in faults] == ["f1", "f2", "f3"]

    first.remove()
    first.remove()
    faults.remove("f3")

    assert list(faults) == [second]
    assert faults.add(status=504).id == "f4"
    with pytest.raises(LookupError, match="there is no fault 'f3'"):
        faults.remove("f3")


def test_clearing__all_or_one_tenant() -> None:
    """A tenant's own go with it; ids start again only once all are gone."""
    faults = make()
    shared, own, others = (faults.add(status=503, token=token) for token in (None, TOKEN, "another"))

    faults.clear(tenant_of(TOKEN))
    assert list(faults) == [shared, others]
    assert own not in faults
    assert faults.add(status=503).id == "f4"

    faults.clear()
    assert struck(faults) == [False]
    assert faults.add(status=503).id == "f1"


def test_a_server_limits_its_faults() -> None:
    """One more is refused, and several are added all or not at all."""
    faults = make()
    one: FaultSettings = {"status": 503}
    faults.add_all([one] * (MAX_FAULTS - 1))

    with pytest.raises(FaultError, match="a server takes 1000 faults at a time; clear those"):
        faults.add_all([one] * 2)
    with pytest.raises(FaultError, match="status must be"):
        faults.add_all([one, {"status": 1}])
    assert len(faults) == MAX_FAULTS - 1
    faults.add(status=503)


def test_faults_are_restored() -> None:
    """On any server they continue as if nothing had happened."""
    requests: list[dict[str, Any]] = [{"path": f"/v1/predictions/{n % 7}"} for n in range(200)]
    settings: list[dict[str, Any]] = [
        *({key: value for key, value in each.items() if key != "nth"} for each in EVERYTHING[:-1]),
        {"status": 500, "probability": 0.2},
        {"status": 502, "token": TOKEN, "times": 70},
        {"nth": 120, "per": "resource", "status": 503},
    ]
    faults = make(1)
    for each in settings:
        add(faults, **each)
    faults[3].remove()
    for request in requests:
        struck(faults, tenant=tenant_of(TOKEN), **request)
    restored = make(2)
    restored.add(status=418)

    dumped = json.loads(json.dumps(faults.dump()))
    restored.load(dumped)

    assert restored.dump() == dumped
    assert [fault.id for fault in restored] == [fault.id for fault in faults]
    for request in requests:
        assert struck(restored, tenant=tenant_of(TOKEN), **request) == struck(
            faults, tenant=tenant_of(TOKEN), **request
        )
    assert restored.dump() == faults.dump()
    assert restored.add(status=503).id == faults.add(status=503).id
    restored[0].remove()
    assert len(restored) == len(faults) - 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"status": 1}, "status"),
        ({"id": ...}, "id"),
        ({"hits": -1}, "hits"),
        ({"counts": []}, "counts"),
        ({"counts": {"": [1]}}, "counts"),
        ({"counts": {"": [1, -1]}}, "counts"),
        ({"seed": ...}, "seed"),
        ({"unknown": 1}, "unknown"),
    ],
)
def test_restoring__an_invalid_dump(changes: dict[str, Any], field: str) -> None:
    """It is refused, and nothing changes."""
    source, faults = make(), make()
    source.add(status=503)
    before = faults.add(status=500)
    dumped = {key: value for key, value in {**source.dump()[0], **changes}.items() if value is not ...}

    with pytest.raises(FaultError) as caught:
        faults.load([dumped])
    assert caught.value.field == field
    assert list(faults) == [before]


RECIPE_TABLE: list[tuple[str, dict[str, Any], list[dict[str, Any]]]] = [
    ("outage", {}, [{"status": 503}]),
    ("outage", {"times": 3, "status": 500}, [{"status": 500, "times": 3}]),
    (
        "lost_create",
        {},
        [{"operation": ["createModelPrediction", "createPrediction"], "reset": "after", "times": 1}],
    ),
    ("flaky", {}, [{"method": "GET", "per": "resource", "status": 503, "times": 2}]),
    ("flaky", {"times": 1, "status": 500}, [{"method": "GET", "per": "resource", "status": 500, "times": 1}]),
    ("throttle", {}, [{"status": 429, "retry_after": 1}]),
    ("throttle", {"times": 2, "retry_after": 7}, [{"status": 429, "retry_after": 7, "times": 2}]),
    ("slow", {"seconds": 2}, [{"delay": 2.0}]),
    ("slow", {"seconds": 2, "token": TOKEN}, [{"delay": 2.0, "tenant": tenant_of(TOKEN)}]),
]


@pytest.mark.parametrize(("name", "arguments", "expected"), RECIPE_TABLE)
def test_a_recipe(name: str, arguments: dict[str, Any], expected: list[dict[str, Any]]) -> None:
    """By name and as a method it sets up the same."""
    by_name, by_method = make(), make()

    added = by_name.recipe(name, arguments)
    returned = getattr(by_method, name)(**arguments)

    assert settings_of(by_name) == settings_of(by_method) == expected
    assert (added, [returned]) == (list(by_name), list(by_method))


def test_recipes__are_all_known() -> None:
    """The listed names are those that these tests use, and the storm."""
    assert set(RECIPES) == {name for name, _, _ in RECIPE_TABLE} | {"storm"}


@pytest.mark.parametrize(
    ("name", "arguments", "field", "message"),
    [
        ("strom", {}, "recipe", "there is no recipe 'strom'; did you mean 'storm'?"),
        ("add", {"status": 503}, "recipe", "there is no recipe 'add'"),
        ("storm", {}, "probability", "storm needs the argument probability"),
        ("storm", {"probability": "much"}, "probability", "probability must be a number from 0 to 1, not 'much'"),
        ("storm", {"probability": 0.1, "ambiguous": 1}, "ambiguous", "ambiguous must be true or false, not 1"),
        ("slow", {"second": 1}, "second", "slow has no argument 'second'; did you mean 'seconds'?"),
        ("slow", {"seconds": 0}, "seconds", "seconds must be a number above 0 and at most 3600, not 0"),
        ("throttle", {"retry_after": "soon"}, "retry_after", "retry_after must be an integer from 0 up"),
        ("flaky", {"times": 0}, "times", "times must be an integer from 1 up, not 0"),
        ("outage", {"token": 5}, "token", "token must be the token alone"),
    ],
)
def test_a_recipe__with_an_invalid_argument(name: str, arguments: dict[str, Any], field: str, message: str) -> None:
    """The argument is named, and nothing is added."""
    faults = make()

    with pytest.raises(FaultError) as caught:
        faults.recipe(name, arguments)

    assert caught.value.field == field
    assert message in str(caught.value)
    assert len(faults) == 0


def hits(faults: Faults, operation: str) -> Counter[str]:
    """How often each kind of fault strikes 2000 requests for 40 resources."""
    for number in range(2000):
        struck(faults, operation=operation, path=f"/v1/{number % 40}")
    return Counter({fault.rule.effect(): fault.hits for fault in faults if fault.hits})


HARMLESS = {"status 429", "delay 2"}
NASTY = {
    *HARMLESS,
    "status 500",
    "html",
    "status 503",
    "status 520, html",
    "reset before",
    "reset after",
    "truncate 0.5",
}


@pytest.mark.parametrize(
    ("operation", "ambiguous", "kinds"),
    [
        *((operation, False, HARMLESS) for operation in sorted(CREATES)),
        ("createPrediction", True, NASTY | {"malformed"}),
        *((operation, False, NASTY) for operation in sorted(FILES)),
        *((operation, False, NASTY | {"malformed"}) for operation in sorted(READS)),
        (DELIVERY, False, {"status 503", "reset before", "reset after", "delay 2", "duplicate"}),
    ],
)
def test_a_storm__has_every_kind_of_fault(operation: str, ambiguous: bool, kinds: set[str]) -> None:
    """Each kind is equally likely, and no create has an unknown outcome unless that is asked for."""
    faults = make()
    faults.storm(0.3, ambiguous=ambiguous)

    counted = hits(faults, operation)

    assert set(counted) == kinds
    assert 520 < counted.total() < 680
    assert max(counted.values()) < 2 * min(counted.values())


def test_a_storm__with_probability_1_or_0() -> None:
    """With a probability of 1 every request fails, and with 0 none does."""
    faults = make()
    faults.storm(1)
    assert hits(faults, "getPrediction").total() == 2000
    faults.clear()
    faults.storm(0)
    assert hits(faults, "getPrediction").total() == 0


def test_a_storm__over_one_tenant() -> None:
    """Other tenants meet no faults."""
    faults = make()
    faults.storm(1, token=TOKEN)

    assert struck(faults, tenant=tenant_of("another")) == [False]
    assert struck(faults, tenant=tenant_of(TOKEN)) == [True]


def test_a_storm__does_not_depend_on_other_resources() -> None:
    """Clients that run concurrently meet the same faults in whatever order they send."""

    def run(others: int) -> list[str | None]:
        faults = make()
        faults.storm(0.5)
        met: list[str | None] = []
        for _ in range(50):
            struck(faults, others, path="/v1/predictions/b")
            fault = faults.take(operation="getPrediction", method="GET", path="/v1/predictions/a", tenant=None)
            met.append(fault.id if fault else None)
        return met

    assert run(0) == run(3)
    assert len(set(run(0))) > 5


def test_a_storm__where_an_operation_is_unknown() -> None:
    """A document without some of the operations has storms as well."""
    faults = Faults(Random(0), operations={"getPrediction"})

    assert len(faults.storm(0.5)) == len(NASTY) + 1
