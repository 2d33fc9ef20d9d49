"""A server that is mounted below a path, or that stands behind a proxy."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from zeroscope_mock import MockServer

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
AUTH = {"Authorization": "Bearer a-token-of-a-test"}
HOST = "https://gw.test:8443"


def mounted(app: Any, *paths: str) -> Any:
    """An application with another one mounted at a path, and below that at the next one."""
    for path in reversed(paths):
        app = Starlette(routes=[Mount(path, app=app)])
    return app


def client(app: Any, base_url: str, headers: dict[str, str] | None = None, root_path: str = "") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, root_path=root_path)
    return httpx.AsyncClient(transport=transport, base_url=base_url, headers={**AUTH, **(headers or {})})


async def urls_of(server: MockServer, api: httpx.AsyncClient) -> list[str]:
    """All URLs in the responses to all kinds of requests."""
    sent = {"version": VERSION, "input": {"num_frames": 1}, "stream": True}
    created = [(await api.post("/predictions", json=sent)).json() for _ in range(101)]
    server.clock.advance(60)
    ended = (await api.get(f"/predictions/{created[-1]['id']}")).json()
    listed = (await api.get("/predictions")).json()
    second = (await api.get(f"/predictions?{listed['next'].partition('?')[2]}")).json()
    third = (await api.get(f"/predictions?{second['previous'].partition('?')[2]}")).json()
    file = (await api.post("/files", files={"content": b"x"})).json()
    events = (await api.get(f"/streams/{ended['id']}")).text
    outputs = [line.partition("data: ")[2] for line in events.splitlines() if line.endswith("/output-0.mp4")]
    assert third["results"] == listed["results"] and len(outputs) == 1
    return [
        *(url for name, url in ended["urls"].items() if name != "web"),
        *ended["output"],
        *outputs,
        listed["next"],
        second["previous"],
        file["urls"]["get"],
    ]


@pytest.fixture
def webhooks() -> list[httpx.Request]:
    return []


@pytest.fixture
def server(request: pytest.FixtureRequest, webhooks: list[httpx.Request]) -> MockServer:
    return MockServer(receiver=webhooks.append, **getattr(request, "param", {}))


MOUNTS = [
    (["/replicate"], "/replicate"),
    (["/replicate/"], "/replicate"),
    (["/x", "/replicate"], "/x/replicate"),
    (["/x/y/", "/z"], "/x/y/z"),
    (["/v1"], "/v1"),
    (["/with space"], "/with%20space"),
    ([], ""),
]


@pytest.mark.anyio
@pytest.mark.parametrize("prefix", ["/v1", ""])
@pytest.mark.parametrize(("paths", "mount"), MOUNTS)
async def test_mount__is_in_every_url(server: MockServer, paths: list[str], mount: str, prefix: str) -> None:
    """Every URL in a response begins with it, and leads back to the server."""
    base_url = f"{HOST}{mount}{prefix}"
    async with client(mounted(server.app, *paths), base_url) as api:
        urls = await urls_of(server, api)
        statuses = [
            (await api.request("POST" if url.endswith("cancel") else "GET", url, follow_redirects=False)).status_code
            for url in urls
        ]

    assert [url for url in urls if not url.startswith(f"{base_url}/")] == []
    assert set(statuses) == {200}


@pytest.mark.anyio
@pytest.mark.parametrize("server", [{"dialect": "published"}], indirect=True)
async def test_mount__in_the_published_dialect(server: MockServer) -> None:
    """Its URLs lack `/v1`, but not the mount."""
    async with client(mounted(server.app, "/v1"), f"{HOST}/v1/v1") as api:
        created = (await api.post("/predictions", json={"version": VERSION, "input": {}})).json()[0]

    assert created["urls"]["get"] == f"{HOST}/v1/predictions/{created['id']}"


@pytest.mark.anyio
async def test_mount__is_in_webhooks(server: MockServer, webhooks: list[httpx.Request]) -> None:
    """Also after a snapshot has been restored."""
    sent = {"version": VERSION, "input": {}, "webhook": "https://h.test/", "webhook_events_filter": ["completed"]}
    async with client(mounted(server.app, "/replicate"), f"{HOST}/replicate/v1") as api:
        created = (await api.post("/predictions", json=sent)).json()
        server.restore(server.snapshot())
        server.clock.advance(60)

    assert json.loads(webhooks[0].content)["urls"] == created["urls"]
    assert created["urls"]["get"].startswith(f"{HOST}/replicate/v1/")


@pytest.mark.anyio
@pytest.mark.parametrize("sent_path", ["/replicate/v1/predictions", "/v1/predictions", "/replicate//v1/predictions"])
@pytest.mark.parametrize("root_path", ["/replicate", "/replicate/"])
async def test_root_path__of_other_servers(server: MockServer, sent_path: str, root_path: str) -> None:
    """Some leave it out of the path, and some write it before a path with its own slash."""
    async with client(server.app, HOST, root_path=root_path) as api:
        created = (await api.post(sent_path, json={"version": VERSION, "input": {}})).json()

    assert created["urls"]["get"] == f"{HOST}/replicate/v1/predictions/{created['id']}"
    assert server.journal[0].path == "/v1/predictions"


@pytest.mark.anyio
async def test_mount__has_a_control(server: MockServer) -> None:
    """Its document names the path, and the guard looks at the same path as the server."""
    async with client(mounted(server.app, "/replicate"), f"{HOST}/replicate") as api:
        document = (await api.get("/_mock/openapi.json")).json()
        frozen = (await api.post("/_mock/clock/freeze")).status_code
        refused = (await api.post("/_mock/clock/run", headers={"Origin": "https://evil.test"})).status_code
    async with client(server.app, HOST) as api:
        unmounted = (await api.get("/_mock/openapi.json")).json()

    assert [one["url"] for one in document["servers"]] == ["/replicate/_mock"]
    assert [one["url"] for one in unmounted["servers"]] == ["/_mock"]
    assert (frozen, refused, server.clock.frozen) == (200, 403, True)


FORWARDED = {
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Host": "public.test",
    "X-Forwarded-Prefix": "/api/replicate",
}


@pytest.mark.anyio
@pytest.mark.parametrize("server", [{"trust_forwarded": True}], indirect=True)
@pytest.mark.parametrize(
    ("headers", "base_url"),
    [
        ({}, HOST),
        (FORWARDED, "http://public.test/api/replicate"),
        ({**FORWARDED, "X-Forwarded-Prefix": "/api/replicate/"}, "http://public.test/api/replicate"),
        ({**FORWARDED, "X-Forwarded-Prefix": "/"}, "http://public.test"),
        ({"X-Forwarded-Proto": "http"}, "http://gw.test:8443"),
        ({"X-Forwarded-Proto": "http, https"}, "http://gw.test:8443"),
        ({"X-Forwarded-Host": "public.test:1, inner.test"}, "https://public.test:1"),
        ({"X-Forwarded-Host": "[2001:db8::1]:8000"}, "https://[2001:db8::1]:8000"),
        ({"X-Forwarded-Prefix": "/a"}, f"{HOST}/a"),
        ({"X-Forwarded-Prefix": "/a%20b"}, f"{HOST}/a%20b"),
        # None of these is what a proxy would write.
        ({"X-Forwarded-Proto": "javascript"}, HOST),
        ({"X-Forwarded-Host": "user@evil.test"}, HOST),
        ({"X-Forwarded-Host": "evil.test/path"}, HOST),
        ({"X-Forwarded-Prefix": "//evil.test"}, HOST),
        ({"X-Forwarded-Prefix": "a"}, HOST),
        ({"X-Forwarded-Prefix": "/a?b"}, HOST),
        ({"X-Forwarded-Proto": "", "X-Forwarded-Host": "", "X-Forwarded-Prefix": ""}, HOST),
    ],
)
async def test_forwarded__is_followed_when_trusted(server: MockServer, headers: dict[str, str], base_url: str) -> None:
    """The URLs are those of the outermost proxy, as far as it says them."""
    async with client(server.app, f"{HOST}/v1", headers) as api:
        urls = await urls_of(server, api)

    assert [url for url in urls if not url.startswith(f"{base_url}/v1/")] == []


@pytest.mark.anyio
async def test_forwarded__changes_nothing_without_trust(server: MockServer) -> None:
    """The same responses, to the byte, as without the headers."""
    other = MockServer()
    async with client(server.app, f"{HOST}/v1", FORWARDED) as api, client(other.app, f"{HOST}/v1") as plain:
        assert await urls_of(server, api) == await urls_of(other, plain)


@pytest.mark.anyio
@pytest.mark.parametrize("server", [{"trust_forwarded": True}], indirect=True)
async def test_forwarded__and_mounted(server: MockServer, webhooks: list[httpx.Request]) -> None:
    """The proxy's prefix comes before the mount, in webhooks as well."""
    sent = {"version": VERSION, "input": {}, "webhook": "https://h.test/", "webhook_events_filter": ["completed"]}
    async with client(mounted(server.app, "/replicate"), f"{HOST}/replicate/v1", FORWARDED) as api:
        created = (await api.post("/predictions", json=sent)).json()
        server.clock.advance(60)

    assert created["urls"]["get"].startswith("http://public.test/api/replicate/replicate/v1/predictions/")
    assert json.loads(webhooks[0].content)["urls"] == created["urls"]


@pytest.mark.parametrize("server", [{"trust_forwarded": True}], indirect=True)
def test_forwarded__in_process(server: MockServer) -> None:
    """The transport follows the headers like a socket."""
    with httpx.Client(transport=server.transport, base_url=f"{HOST}/v1", headers={**AUTH, **FORWARDED}) as api:
        created = api.post("/predictions", json={"version": VERSION, "input": {}}).json()

    assert created["urls"]["get"].startswith("http://public.test/api/replicate/v1/")


@pytest.mark.anyio
async def test_cached_heads__of_different_mounts_are_different(server: MockServer) -> None:
    """Equal requests through two mounts get URLs of their own."""
    apps = [mounted(server.app, path) for path in ("/a", "/b")]
    async with client(apps[0], HOST) as one, client(apps[1], HOST) as two:
        for _ in range(2):
            created = (await one.post("/a/v1/predictions", json={"version": VERSION, "input": {}})).json()
            path = f"/v1/predictions/{created['id']}"
            bodies = [(await one.get(f"/a{path}")).json(), (await two.get(f"/b{path}")).json()]
            assert [body["urls"]["get"] for body in bodies] == [f"{HOST}/a{path}", f"{HOST}/b{path}"]


def test_socket__behind_a_proxy() -> None:
    """The whole way, with a proxy that strips its prefix and says so."""
    with MockServer(trust_forwarded=True).listen() as listening:
        headers = {**AUTH, **FORWARDED, "Host": "inner.test"}
        created = httpx.post(
            f"{listening.url}/v1/predictions", json={"version": VERSION, "input": {}}, headers=headers
        ).json()

    assert created["urls"]["get"] == f"http://public.test/api/replicate/v1/predictions/{created['id']}"
