"""Rate limits: the requests let through, and the refusals of the others."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.signed_urls import signed_url
from zeroscope_mock import MockServer
from zeroscope_mock.rate_limits import LOW_CREDIT, Limits, Rate, RateLimits

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
MODEL = "/models/anotherjesse/zeroscope-v2-xl"
UNKNOWN: Any = "hours"
YES: Any = True
HEADERS = ("ratelimit-remaining", "ratelimit-reset")


def client_of(server: MockServer, token: str = "a-token-of-a-test") -> httpx.Client:
    return httpx.Client(
        transport=server.transport,
        base_url="https://api.replicate.com/v1",
        headers={"Authorization": f"Bearer {token}"},
    )


def create(api: httpx.Client) -> httpx.Response:
    return api.post("/predictions", json={"version": VERSION, "input": {}})


def limits_of(response: httpx.Response) -> tuple[int, ...]:
    """The remaining requests, and the seconds until all are available again."""
    return tuple(int(response.headers[name]) for name in HEADERS if name in response.headers)


def test_limits__are_off_by_default(server: MockServer) -> None:
    """No request is refused, while the headers count down as at the service, and begin anew before none remain."""
    with client_of(server) as api:
        responses = [create(api) for _ in range(700)]

    assert {response.status_code for response in responses} == {201}
    remaining = [limits_of(response)[0] for response in responses]
    assert remaining == [*range(599, 0, -1), *range(599, 498, -1)]
    assert limits_of(responses[9]) == (590, 1)


@pytest.mark.parametrize("rates", [None, "live"])
@pytest.mark.parametrize(
    ("status", "send"),
    [
        (200, lambda api: api.get("/predictions")),
        (200, lambda api: api.head("/predictions")),
        (201, lambda api: api.post("/files", files={"content": b"x"})),
        (201, create),
        (400, lambda api: api.post("/predictions", content=b"{")),
        (404, lambda api: api.get("/predictions/x")),
        (404, lambda api: api.post("/predictions/x/cancel")),
        (413, lambda api: api.post("/predictions", content=b" " * 2**21)),
        (415, lambda api: api.post("/predictions", content=b"x", headers={"Content-Type": "text/plain"})),
        (422, lambda api: api.get("/predictions?created_after=x")),
        (422, lambda api: api.post("/predictions", json={"version": "x", "input": {}})),
        (422, lambda api: api.post("/predictions", json={})),
    ],
)
def test_headers__are_on_every_response(
    rates: Any, status: int, send: Callable[[httpx.Client], httpx.Response]
) -> None:
    """Every request with a token counts, also one that is refused for what it sends."""
    with client_of(MockServer(rate_limits=rates)) as api:
        first, second = send(api), send(api)

    assert first.status_code == second.status_code == status
    assert limits_of(second)[0] == limits_of(first)[0] - 1


def test_headers__on_a_server_without_limits_recover(server: MockServer) -> None:
    """They follow the clock, and tokens that were used once are forgotten."""
    with client_of(server) as api:
        for _ in range(100):
            create(api)
        server.clock.advance(5)
        assert limits_of(create(api)) == (549, 6)
    for number in range(3000):
        server.clock.advance(1)
        with client_of(server, f"token-{number}") as api:
            create(api)

    assert len(server.limits.dump()) <= 1000


def test_live__lets_600_creates_a_minute_through() -> None:
    """The headers count down; the request after the last one is refused with the service's words."""
    server = MockServer(rate_limits="live")
    with client_of(server) as api:
        responses = [create(api) for _ in range(600)]
        refused = create(api)

    assert {response.status_code for response in responses} == {201}
    assert [limits_of(response) for response in responses] == [
        (600 - sent, math.ceil(sent / 10)) for sent in range(1, 601)
    ]
    assert (refused.status_code, limits_of(refused)) == (429, (0, 1))
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json() == {"detail": "Request was throttled. Your rate limit resets in ~1s.", "status": 429}
    assert "retry-after" not in refused.headers


@pytest.mark.parametrize(
    ("rates", "send", "most"),
    [
        (RateLimits(), create, 600),
        (RateLimits(), lambda api: api.post(f"{MODEL}/predictions", json={"input": {}}), 600),
        (RateLimits(), lambda api: api.get("/predictions"), 3000),
        (RateLimits(), lambda api: api.post("/predictions/x/cancel"), 3000),
        (RateLimits(), lambda api: api.get("/webhooks/default/secret"), 3000),
        (RateLimits(), lambda api: api.get("/files"), 3000),
        (RateLimits(), lambda api: api.get(MODEL), 3000),
        (RateLimits(), lambda api: api.get("/predictions/x"), 60_000),
        (LOW_CREDIT, create, 1),
        (LOW_CREDIT, lambda api: api.get("/predictions"), 3000),
    ],
)
def test_kind__has_a_rate_of_its_own(
    rates: RateLimits, send: Callable[[httpx.Client], httpx.Response], most: int
) -> None:
    """The remaining requests after one request show which rate counted it; a 404 counts as well."""
    server = MockServer(rate_limits=rates)
    with client_of(server) as api:
        assert limits_of(send(api))[0] == most - 1
        # The other rates are unused.
        for other, whole in ((create, rates.creates.most), (lambda api: api.get("/predictions/x"), 60_000)):
            if whole != most:
                assert limits_of(other(api))[0] == whole - 1


def test_kind__of_a_request_that_needs_no_token_is_not_counted() -> None:
    """Videos, streams and uploads come from other hosts of the service."""
    server = MockServer(rate_limits=RateLimits(others=Rate(3)))
    with client_of(server) as api:
        url = signed_url(api, api.post("/files", files={"content": b"x"}).json())
        responses = [api.get(url) for _ in range(5)]

    assert [(response.status_code, limits_of(response)) for response in responses] == [(200, ())] * 5


def test_time__restores_requests() -> None:
    """Gradually, not all at once, and never more than the rate."""
    server = MockServer(rate_limits=RateLimits(creates=Rate(6, seconds=60)))
    with client_of(server) as api:
        assert [create(api).status_code for _ in range(7)] == [201] * 6 + [429]

        server.clock.advance(9.9)
        assert create(api).status_code == 429
        server.clock.advance(0.1)
        assert [create(api).status_code for _ in range(2)] == [201, 429]
        server.clock.advance(25)
        assert [create(api).status_code for _ in range(3)] == [201, 201, 429]
        server.clock.advance(86_400)
        assert [create(api).status_code for _ in range(7)] == [201] * 6 + [429]


def test_low_credit__lets_six_creates_a_minute_through_one_at_a_time() -> None:
    """Requests do not accumulate: after each one comes a pause of ten seconds."""
    server = MockServer(rate_limits="low-credit")
    passed = list[float]()
    with client_of(server) as api:
        server.clock.advance(600)
        start = server.clock.monotonic()
        while server.clock.monotonic() < start + 60:
            response = create(api)
            if response.is_success:
                passed.append(server.clock.monotonic() - start)
                assert limits_of(response) == (0, 10)
            server.clock.advance(1)

    assert passed == [0, 10, 20, 30, 40, 50]


@pytest.mark.parametrize("waited", [0, 0.5, 3, 8.999])
def test_refusal__says_how_long_to_wait(waited: float) -> None:
    """A request after that wait is allowed."""
    server = MockServer(rate_limits="low-credit")
    with client_of(server) as api:
        create(api)
        server.clock.advance(waited)
        refused = create(api)
        seconds = int((re.search(r"~(\d+)s\.$", refused.json()["detail"]) or [""])[1])
        assert seconds == math.ceil(10 - waited)
        assert limits_of(refused) == (0, seconds)
        server.clock.advance(seconds)

        assert create(api).status_code == 201


@pytest.mark.parametrize("hint", [None, "body", "seconds", "date"])
def test_hint__repeats_the_wait(hint: Any) -> None:
    """In the body or in a header, as the test chooses; without a hint only in words."""
    server = MockServer(rate_limits=RateLimits(creates=Rate(6, burst=1), hint=hint))
    with client_of(server) as api:
        create(api)
        server.clock.advance(2)
        refused = create(api)

    after = refused.headers.get("retry-after")
    assert refused.json().get("retry_after") == (8 if hint == "body" else None)
    assert (after == "8") == (hint == "seconds")
    if hint == "date":
        assert parsedate_to_datetime(after).timestamp() == server.clock.time() + 8
    assert (after is None) == (hint in {None, "body"})


def test_client__waits_as_long_as_the_response_says(server: MockServer) -> None:
    """Our own client follows the hint, and its creates succeed without any being sent twice."""
    server.limits.use(RateLimits(creates=Rate(6, burst=1), hint="seconds"))
    with server.client() as client:
        ids = {client.predictions.create({"prompt": "x"}).id for _ in range(3)}

    assert len(ids) == 3
    assert server.clock.monotonic() == pytest.approx(20, abs=1)


def test_tenant__is_not_slowed_by_another() -> None:
    """Each has its own rates, and one that is out of requests takes none from the other."""
    server = MockServer(rate_limits="low-credit")
    with client_of(server, "token-of-one") as one, client_of(server, "token-of-two") as two:
        assert [create(one).status_code for _ in range(3)] == [201, 429, 429]
        assert create(two).status_code == 201
        server.reset(token="token-of-one")
        assert [create(one).status_code, create(two).status_code] == [201, 429]


def test_reset__clears_the_counts_but_not_the_limits() -> None:
    """So that the next test starts afresh under the same limits."""
    server = MockServer(rate_limits="low-credit")
    with client_of(server) as api:
        assert [create(api).status_code for _ in range(2)] == [201, 429]
        server.reset()
        assert [create(api).status_code for _ in range(2)] == [201, 429]


def test_use__changes_the_limits_at_once(server: MockServer) -> None:
    """Requests under other limits do not count."""
    with client_of(server) as api:
        server.limits.use("low-credit")
        assert [create(api).status_code for _ in range(2)] == [201, 429]
        server.limits.use("live")
        assert limits_of(create(api)) == (599, 1)
        server.limits.use(None)
        assert [limits_of(create(api)) for _ in range(2)] == [(599, 1), (598, 1)]


@pytest.mark.parametrize("rates", [None, "low-credit"])
def test_credit__that_is_out_stops_creates_only(rates: Any) -> None:
    """402 with the reason, whatever the limits, while all other requests succeed."""
    server = MockServer(rate_limits=rates)
    with client_of(server) as api:
        prediction = create(api).json()
        server.limits.out_of_credit = True
        refused = create(api)
        by_model = api.post(f"{MODEL}/predictions", json={"input": {}})

        assert api.get(prediction["urls"]["get"]).status_code == 200
        assert len(api.get("/predictions").json()["results"]) == 1

    assert {refused.status_code, by_model.status_code} == {402}
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["status"] == 402
    assert "credit" in refused.json()["detail"]


@pytest.mark.parametrize(
    "make",
    [
        lambda: Rate(0),
        lambda: Rate(-1),
        lambda: Rate(10**400),
        lambda: Rate(1, seconds=0),
        lambda: Rate(1, seconds=-1),
        lambda: Rate(1, seconds=math.nan),
        lambda: Rate(1, seconds=math.inf),
        lambda: Rate(1, seconds=1e300),
        lambda: Rate(10**9, seconds=1e-320),
        lambda: Rate(1, burst=0),
        lambda: Rate(1, burst=10**400),
        lambda: RateLimits(hint=UNKNOWN),
        lambda: Limits().use("free"),
        lambda: MockServer(rate_limits=UNKNOWN),
        lambda: MockServer(rate_limits=YES),
    ],
)
def test_setting__that_is_invalid_is_refused(make: Callable[[], object]) -> None:
    """At once, and not with the first request."""
    with pytest.raises(ValueError, match=r"^(a rate is|the hint must be|the rate limits must be) "):
        make()


@settings(max_examples=200)
@given(
    rate=st.builds(
        Rate,
        st.integers(1, 5) | st.just(10**9),
        st.sampled_from([1e-9, 0.5, 7.0, 60.0, 1e9]),
        st.none() | st.integers(1, 3) | st.just(10**9),
    ),
    pauses=st.lists(st.sampled_from([0.0, 0.1, 1.0, 9.7, 1e9]), max_size=30),
    hint=st.sampled_from([None, "body", "seconds", "date"]),
)
def test_limits__allow_what_they_announce(rate: Rate, pauses: list[float], hint: Any) -> None:
    """Over any span no more requests are allowed than the rate has, and one after the announced wait is."""
    limits = Limits(RateLimits(creates=rate, hint=hint))
    now, passed = 1.8e9, list[float]()
    for pause in pauses:
        now += pause
        refusal, headers = limits.take("createPrediction", "tenant", now)
        if refusal is None:
            passed.append(now)
            remaining, reset = (int(value) for _, value in headers)
            assert 0 <= remaining < rate.most
            assert reset >= 0
        else:
            seconds = int(dict(refusal.headers)["ratelimit-reset"])
            again = Limits()
            again.use(limits.rates)
            again.load(limits.dump())
            assert again.take("createPrediction", "tenant", now + seconds)[0] is None

    for place, first in enumerate(passed):
        for number, last in enumerate(passed[place:], 1):
            assert number <= rate.most + (last - first) / rate.interval + 1e-3


def test_buckets__that_are_full_again_are_removed() -> None:
    """Tokens that were used once take no memory, and those without requests left stay refused."""
    limits = Limits(RateLimits(creates=Rate(1, 1e6)))
    assert limits.take("createPrediction", "greedy", 0.0)[0] is None
    for number in range(5000):
        limits.take("getPrediction", f"tenant-{number}", float(number))

    assert len(limits.dump()) <= 1000
    refusal, _ = limits.take("createPrediction", "greedy", 5000.0)
    assert refusal is not None and refusal.status == 429


def test_buckets__that_are_in_use_are_kept() -> None:
    """However many tenants there are, none gets more than the rate."""
    limits = Limits(RateLimits(creates=Rate(1)))
    tenants = [f"tenant-{number}" for number in range(2500)]
    assert all(limits.take("createPrediction", tenant, 0.0)[0] is None for tenant in tenants)
    assert all(limits.take("createPrediction", tenant, 1.0)[0] for tenant in tenants)


@pytest.mark.parametrize("rates", [None, "live"])
def test_credit__that_is_out_uses_up_no_creates(rates: Any) -> None:
    """A refused create has the headers, and takes nothing from the limit."""
    server = MockServer(rate_limits=rates)
    server.limits.out_of_credit = True
    with client_of(server) as api:
        responses = [create(api) for _ in range(3)]

    assert [(response.status_code, limits_of(response)) for response in responses] == [(402, (600, 0))] * 3
