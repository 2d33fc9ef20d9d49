"""Access by web pages of other origins (CORS)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from zeroscope_mock import MockServer

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
PAGE = "http://localhost:5173"
AUTH = {"Authorization": "Bearer a-token-of-a-test"}
PREFLIGHT = {
    "Origin": PAGE,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type,prefer",
}


def client_of(server: MockServer, **headers: str) -> httpx.Client:
    return httpx.Client(transport=server.transport, base_url="https://h.test/v1", headers=headers)


def shared(response: httpx.Response) -> dict[str, str]:
    """The headers for browsers."""
    return {name: value for name, value in response.headers.items() if name.startswith("access-control-")}


def test_pages__have_no_access_by_default(server: MockServer) -> None:
    """As on the service, no response allows it."""
    with client_of(server, **PREFLIGHT) as api:
        responses = [api.options("/predictions"), api.get("/predictions", headers=AUTH), api.get("/predictions")]

    assert [(response.status_code, shared(response)) for response in responses] == [(204, {}), (200, {}), (401, {})]
    assert all("origin" not in response.headers.get("vary", "") for response in responses)


@pytest.mark.parametrize(
    ("origins", "origin", "allowed"),
    [
        ([PAGE], PAGE, PAGE),
        ([PAGE], PAGE.upper(), PAGE.upper()),
        ([PAGE.upper(), "https://app.test"], PAGE, PAGE),
        (["https://app.test:443"], "https://app.test", "https://app.test"),
        (["HTTP://[::1]:80"], "http://[::1]", "http://[::1]"),
        (["http://app.test:443"], "http://app.test", None),
        (["https://app.test:8443"], "https://app.test", None),
        (["http://[::80]"], "http://[::80]", "http://[::80]"),
        ([PAGE], "http://localhost:5174", None),
        ([PAGE], "https://localhost:5173", None),
        ([PAGE], "null", None),
        ([PAGE], None, None),
        (["null"], "null", "null"),
        (["*"], PAGE, "*"),
        (["*"], None, "*"),
    ],
)
@pytest.mark.parametrize("path", ["/predictions", "/predictions/x", "/nowhere", "/streams/x"])
def test_page__of_an_origin(origins: list[str], origin: str | None, allowed: str | None, path: str) -> None:
    """Pages of the listed origins may read every response, whatever its status."""
    with client_of(MockServer(cors=origins), **AUTH, **({"Origin": origin} if origin else {})) as api:
        response = api.get(path)

    expected = {"access-control-allow-origin": allowed, "access-control-expose-headers": "*"} if allowed else {}
    assert shared(response) == expected
    assert ("origin" in response.headers.get("vary", "")) is ("*" not in origins)


@pytest.mark.parametrize("path", ["/predictions", "/files", "/nowhere"])
@pytest.mark.parametrize("names", ["authorization, prefer", None])
def test_preflight(path: str, names: str | None) -> None:
    """A browser may send any request, without a token in the preflight, so that the page sees a refusal."""
    server = MockServer(cors=[PAGE], token="secret")
    headers = {"Origin": PAGE, "Access-Control-Request-Method": "POST"}
    with client_of(server, **headers, **({"Access-Control-Request-Headers": names} if names else {})) as api:
        response = api.options(path)

    asked = {"access-control-allow-headers": names} if names else {}
    assert (response.status_code, response.content) == (204, b"")
    assert shared(response) == {
        "access-control-allow-origin": PAGE,
        "access-control-allow-methods": "POST",
        "access-control-expose-headers": "*",
        "access-control-max-age": "600",
        **asked,
    }


def test_preflight__of_another_origin() -> None:
    """It allows nothing."""
    with client_of(MockServer(cors=[PAGE]), **{**PREFLIGHT, "Origin": "https://evil.test"}) as api:
        response = api.options("/predictions")

    assert shared(response) == {}


@pytest.mark.parametrize("origins", [["*"], ["https://evil.test"]])
def test_control__stays_closed_to_pages(origins: list[str]) -> None:
    """No page of another origin may control the server, or read what it controls."""
    server = MockServer(cors=origins)
    headers = {**PREFLIGHT, "Origin": "https://evil.test"}
    with httpx.Client(transport=server.transport, base_url="https://localhost", headers=headers) as api:
        responses = [
            api.options("/_mock/reset"),
            api.post("/_mock/reset"),
            api.get("/_mock/journal"),
            api.get("/_mock"),
        ]

    assert [(response.status_code, shared(response)) for response in responses] == [(403, {})] * 4


def test_page__over_a_socket() -> None:
    """A page creates a prediction and reads its limits and errors."""
    with (
        MockServer(cors=["*"]) as server,
        server.listen() as listening,
        httpx.Client(base_url=f"{listening.url}/v1", headers=PREFLIGHT) as api,
    ):
        preflight = api.options("/predictions")
        created = api.post("/predictions", json={"version": VERSION, "input": {}}, headers=AUTH)
        server.faults.add(status=503)
        failed = api.get("/predictions", headers=AUTH)

    assert [response.status_code for response in (preflight, created, failed)] == [204, 201, 503]
    for response in (preflight, created, failed):
        assert response.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize("cors", [PAGE, 5, [5], ["localhost"], [f"{PAGE}/"], ["http://a b"], ["http://*"], [""]])
def test_origins__that_are_none(cors: Any) -> None:
    """An origin is a scheme, a host and a port."""
    with pytest.raises(ValueError, match=r"an origin is|a list of origins"):
        MockServer(cors=cors)
