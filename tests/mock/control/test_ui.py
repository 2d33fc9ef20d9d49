"""The page on the server: its files, its address, and who may open it."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

from zeroscope_mock import MockServer
from zeroscope_mock.control import ui

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.fixture
def client(server: MockServer) -> Iterator[httpx.Client]:
    with httpx.Client(transport=server.transport, base_url="http://127.0.0.1:8000") as client:
        yield client


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a small page in place of the built one."""
    (tmp_path / "index.html").write_text("<!doctype html><script src=app.js></script>", encoding="utf-8")
    (tmp_path / "app.js").write_text("'hello'", encoding="utf-8")
    (tmp_path / "app.css").write_text("p {}", encoding="utf-8")
    (tmp_path / "secret.py").write_text("1", encoding="utf-8")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "a.js").write_text("1", encoding="utf-8")
    monkeypatch.setattr(ui, "_FOLDER", tmp_path)
    return tmp_path


def test_page__is_in_the_package(client: httpx.Client) -> None:
    """The page and all that it names are served, and nothing in it leads elsewhere."""
    page = client.get("/_mock/ui/")
    assert page.status_code == 200 and page.headers["content-type"] == "text/html; charset=utf-8"
    for name in re.findall(r'(?:src|href)="([^"]*)"', page.text):
        assert name.startswith("data:") or client.get(f"/_mock/ui/{name}").status_code == 200, name
    assert not re.search(r"(?:src|href)=\"?(?:https?:)?/", page.text)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("", "text/html; charset=utf-8"),
        ("index.html", "text/html; charset=utf-8"),
        ("app.js", "text/javascript; charset=utf-8"),
        ("app.css", "text/css; charset=utf-8"),
    ],
)
def test_file__has_the_headers_that_keep_a_browser_safe(
    client: httpx.Client, folder: Path, name: str, kind: str
) -> None:
    """Its type is certain, nothing but its own origin is reached, and it is never stale."""
    response = client.get(f"/_mock/ui/{name}")
    assert response.content == (folder / (name or "index.html")).read_bytes()
    assert response.headers["content-type"] == kind
    assert response.headers["content-security-policy"] == (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "no-cache"
    again = client.get(f"/_mock/ui/{name}", headers={"If-None-Match": response.headers["etag"]})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", response.headers["etag"])
    head = client.head(f"/_mock/ui/{name}")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(response.content))
    (folder / (name or "index.html")).write_text("other", encoding="utf-8")
    newer = client.get(f"/_mock/ui/{name}", headers={"If-None-Match": response.headers["etag"]})
    assert (newer.status_code, newer.text) == (200, "other")


@pytest.mark.parametrize(
    "name",
    [
        "x.js",
        "secret.py",
        "more",
        "more/",
        "more/a.js",
        "../ui.py",
        "..%2fui.py",
        "%2e%2e/ui.py",
        "..%5cui.py",
        "%2fetc%2fpasswd",
        "/etc/passwd",
        "app.js/",
        "app.js%00",
        "./app.js",
        "APP.JS",
        "%ff",
    ],
)
def test_file__unknown_is_not_found(server: MockServer, folder: Path, name: str) -> None:
    """No path leads out of the folder, or to what is no file of the page."""
    from zeroscope_mock.messages import Head, Request

    answer = server.core.handle(Request(Head("GET", f"/_mock/ui/{name}", host="127.0.0.1:8000")))
    assert answer.status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_file__is_only_read(client: httpx.Client, folder: Path, method: str) -> None:
    """Other methods are refused."""
    response = client.request(method, "/_mock/ui/")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.test"}, {"Sec-Fetch-Site": "cross-site"}])
def test_page__is_behind_the_checks_of_the_control(client: httpx.Client, headers: dict[str, str]) -> None:
    """A page of another origin cannot embed it, and a name that was made up does not lead to it."""
    assert client.get("/_mock/ui/", headers=headers).status_code == 403
    assert client.get("/_mock/ui/", headers={"Host": "evil.test"}).status_code == 403


def test_root__leads_browsers_to_the_page(server: MockServer, client: httpx.Client) -> None:
    """A browser is redirected, without an exchange in the journal; a program gets what it got before."""
    for method in ("GET", "HEAD"):
        response = client.request(method, "/", headers=BROWSER)
        assert (response.status_code, response.headers["location"]) == (303, "_mock/ui/")
        assert response.next_request is not None
        assert str(response.next_request.url) == "http://127.0.0.1:8000/_mock/ui/"
    assert len(server.journal) == 0
    assert client.get("/", headers={"Accept": "*/*"}).status_code == 404
    assert client.get("/", headers={"Accept": "application/json"}).status_code == 404
    assert client.post("/", headers=BROWSER).status_code == 404
    assert client.get("/v1", headers=BROWSER).status_code == 404
    assert client.get("/_mock/ui", headers=BROWSER, follow_redirects=True).status_code == 200


def test_root__of_a_document_that_has_it(document: dict[str, Any]) -> None:
    """An operation of the document is not hidden."""
    document["servers"] = [{"url": "http://x.test"}]
    document["paths"]["/"] = {
        "get": {"operationId": "root", "responses": {"200": {"description": "OK"}}, "security": []}
    }
    server = MockServer(spec=document)
    with httpx.Client(transport=server.transport, base_url="http://127.0.0.1:8000") as client:
        assert client.get("/", headers=BROWSER).status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/_mock/ui", "/_mock/ui/", "/_mock/ui/app.js", "/_mock/events", "/_mock/predictions"]
)
def test_page__without_control_does_not_exist(path: str) -> None:
    """Nothing leads to it either."""
    server = MockServer(control=False)
    with httpx.Client(transport=server.transport, base_url="http://127.0.0.1:8000", headers=BROWSER) as client:
        response = client.get(path)
    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")


@pytest.mark.anyio
async def test_page__below_a_mount() -> None:
    """The redirects lead below the path at which the server is mounted."""
    app = Starlette(routes=[Mount("/replicate", app=MockServer().app)])
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000", headers=BROWSER) as client:
        for path in ("/replicate/", "/replicate/_mock/ui"):
            response = await client.get(path, follow_redirects=True)
            assert (response.status_code, str(response.url)) == (200, "http://127.0.0.1:8000/replicate/_mock/ui/")


def test_page__behind_a_proxy() -> None:
    """Relative redirects fit whatever path the proxy puts before the server's."""
    server = MockServer(trust_forwarded=True, allow_hosts=["gw.test"])
    headers = {**BROWSER, "X-Forwarded-Prefix": "/r", "X-Forwarded-Host": "gw.test", "X-Forwarded-Proto": "https"}
    with httpx.Client(transport=server.transport, base_url="http://127.0.0.1:8000", headers=headers) as client:
        redirect = client.get("/")
        assert httpx.URL("https://gw.test/r/").join(redirect.headers["location"]) == "https://gw.test/r/_mock/ui/"
        assert client.get("/_mock/ui/").status_code == 200


def test_page__on_https() -> None:
    """It is the same page."""
    with MockServer() as server, server.listen(tls=True) as listening:
        assert listening.ca_file is not None
        context = ssl.create_default_context(cafile=str(listening.ca_file))
        response = httpx.get(f"{listening.url}/", headers=BROWSER, follow_redirects=True, verify=context)
    assert (response.status_code, str(response.url)) == (200, f"{listening.url}/_mock/ui/")
