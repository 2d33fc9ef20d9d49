"""Access to the control: programs have it, web pages of strangers do not."""

from __future__ import annotations

import http.client
import json
from typing import Any

import httpx
import pytest

from zeroscope_mock import MockServer

JSON = {"Content-Type": "application/json"}


def call(
    server: MockServer,
    headers: dict[str, str],
    body: bytes = b"",
    *,
    path: str = "/_mock/clock/freeze",
    method: str = "POST",
) -> httpx.Response:
    """The response to a control call on a socket, with just these headers besides the length."""
    with server.listen() as listening:
        port = int(listening.url.rpartition(":")[2])
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        headers = {"Host": "127.0.0.1:{port}", **headers}
        for name, value in headers.items():
            connection.putheader(name, value.replace("{port}", str(port)))
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        response = connection.getresponse()
        content = response.read()
        connection.close()
    return httpx.Response(response.status, headers=response.getheaders(), content=content)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Host": "localhost"},
        {"Host": "LOCALHOST:{port}"},
        {"Host": "localhost.:{port}"},
        {"Host": "app.localhost:{port}"},
        {"Host": "127.0.0.2:1"},
        {"Host": "[::1]:{port}"},
        {"Host": "[::ffff:127.0.0.1]"},
        {"Host": "0.0.0.0:{port}"},
        {"Host": ""},
        {"Origin": "http://127.0.0.1:{port}"},
        {"Host": "localhost:{port}", "Origin": "HTTP://LOCALHOST:{port}", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Content-Type": "text/plain"},
    ],
)
def test_program__may_control_the_server(headers: dict[str, str]) -> None:
    """It reaches the server by a name of this machine, and a call without a body may have any type."""
    server = MockServer()

    response = call(server, headers)

    assert (response.status_code, server.clock.frozen) == (200, True), response.text


@pytest.mark.parametrize(
    ("path", "changed", "status"),
    [
        ("/_mock/ui/", {}, 200),
        ("/_mock/ui", {}, 303),
        ("/_mock/ui/", {"Host": "evil.test"}, 403),
        ("/_mock/ui/", {"Sec-Fetch-Dest": "iframe"}, 403),
        ("/_mock/ui/app.js", {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "script"}, 403),
        ("/_mock/clock", {}, 403),
        ("/_mock/journal", {}, 403),
    ],
)
@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_link__leads_to_the_page_alone(path: str, changed: dict[str, str], status: int, site: str) -> None:
    """Any page may have a link to the server's own page; it reads neither that nor anything else."""
    link = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}

    assert call(MockServer(), {**link, **changed}, path=path, method="GET").status_code == status


@pytest.mark.parametrize(
    ("headers", "status", "said"),
    [
        ({"Host": "evil.test"}, 403, "The Host 'evil.test' is neither this machine nor the address that the server"),
        ({"Host": "evil.test:{port}"}, 403, "--allow-host evil.test, or MockServer(allow_hosts=['evil.test'])"),
        ({"Host": "localhost.evil.test"}, 403, "The Host 'localhost.evil.test'"),
        ({"Host": "127.0.0.1.evil.test"}, 403, "The Host '127.0.0.1.evil.test'"),
        ({"Host": "192.0.2.1"}, 403, "The Host '192.0.2.1'"),
        ({"Host": "[2001:db8::1]:80"}, 403, "--allow-host 2001:db8::1"),
        ({"Origin": "https://evil.test"}, 403, "Origin is 'https://evil.test'. Send the request from a program"),
        ({"Origin": "null"}, 403, "Origin is 'null'"),
        ({"Origin": "http://127.0.0.1:1"}, 403, "Origin is 'http://127.0.0.1:1'"),
        ({"Origin": "http://["}, 403, "Origin is 'http://['"),
        ({"Origin": ""}, 403, "Origin is ''"),
        ({"Sec-Fetch-Site": "cross-site"}, 403, "Sec-Fetch-Site is 'cross-site'"),
        ({"Sec-Fetch-Site": "same-site"}, 403, "Sec-Fetch-Site is 'same-site'"),
        ({"Host": "evil.test", "Origin": "http://evil.test", "Sec-Fetch-Site": "same-origin"}, 403, "The Host 'evil"),
        ({"X-Forwarded-Host": "localhost", "Host": "evil.test"}, 403, "The Host 'evil.test'"),
    ],
)
@pytest.mark.parametrize("path", ["/_mock/clock/freeze", "/_mock", "/_mock/nowhere"])
def test_web_page__may_not_control_the_server(headers: dict[str, str], status: int, said: str, path: str) -> None:
    """Neither one of another origin, nor one that has given the server's address a name of its own."""
    server = MockServer()

    response = call(server, headers, path=path)

    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    assert said in response.json()["detail"]
    assert not server.clock.frozen


@pytest.mark.parametrize("path", ["/_mock/clock/advance", "/_mock/reset"])
@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("Application/JSON ; charset=utf-8", 200),
        (None, 415),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=application/json", 415),
        ("text/plain; application/json", 415),
        ("application/jsonp", 415),
    ],
)
def test_body__is_json_by_its_type(path: str, content_type: str | None, status: int) -> None:
    """A page may send the types of forms without permission, to operations that take no body as well."""
    server = MockServer()

    headers = {} if content_type is None else {"Content-Type": content_type}
    response = call(server, headers, json.dumps({"seconds": 60}).encode(), path=path)

    assert response.status_code == (204 if status == 200 and path == "/_mock/reset" else status), response.text
    assert server.clock.monotonic() == (60 if status == 200 and path != "/_mock/reset" else 0)
    if status == 415:
        assert response.json()["detail"] == f'Unsupported content type "{content_type or ""}"; send application/json.'


@pytest.mark.parametrize("host", ["mock", "MOCK:{port}", "mock.", "[fd00::1]", "fd00::1"])
def test_allow_hosts__admits_names(host: str) -> None:
    """Such as the name of a container, or another address of this machine."""
    server = MockServer(allow_hosts=["mock", "[fd00::1]"])

    assert call(server, {"Host": host, "Origin": f"http://{host}"}).status_code == 200
    assert call(server, {"Host": "mock2"}).status_code == 403


def test_allow_hosts__are_in_the_summary() -> None:
    """So is the trust in forwarded headers."""
    server = MockServer(allow_hosts=("b", "a"), trust_forwarded=True)
    with httpx.Client(transport=server.transport, base_url="http://any.test") as client:
        summary = client.get("/_mock").json()

    assert (summary["allow_hosts"], summary["trust_forwarded"]) == (["a", "b"], True)


@pytest.mark.parametrize(
    ("hosts", "said"),
    [
        ("mock", "allow_hosts must be a list of names of hosts, not 'mock'"),
        (7, "allow_hosts must be a list of names of hosts, not 7"),
        ([7], "a host to allow is a name or an address without scheme and port, not 7"),
        (["mock:80"], "without scheme and port, not 'mock:80'"),
        (["http://mock"], "without scheme and port, not 'http://mock'"),
        ([""], "without scheme and port, not ''"),
        (["*"], r"without scheme and port, not '\*'"),
    ],
)
def test_allow_hosts__that_are_no_names(hosts: Any, said: str) -> None:
    """They are refused when the server is made."""
    with pytest.raises(ValueError, match=said):
        MockServer(allow_hosts=hosts)


def test_address__that_the_server_is_bound_to_is_admitted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be it a name of which this machine knows the address, as in its hosts file."""
    import socket

    resolve = socket.getaddrinfo

    def known(host: Any, *arguments: Any, **settings: Any) -> Any:
        return resolve("127.0.0.1" if host == "office.test" else host, *arguments, **settings)

    monkeypatch.setattr(socket, "getaddrinfo", known)
    monkeypatch.setattr("zeroscope_mock.doors.listening._bind", lambda host, port: socket.create_server(("", port)))
    with MockServer().listen("office.test") as listening:
        port = int(listening.url.rpartition(":")[2])
        statuses = [
            httpx.get(f"http://127.0.0.1:{port}/_mock", headers={"Host": host}).status_code
            for host in (f"office.test:{port}", "other.test")
        ]

    assert listening.url == f"http://office.test:{port}"
    assert statuses == [200, 403]


@pytest.mark.parametrize(
    ("forwarded", "allow_hosts", "status"),
    [
        ("gw.example", [], 403),
        ("gw.example", ["gw.example"], 200),
        ("localhost:3000", [], 200),
    ],
)
def test_forwarded_host__must_be_admitted_as_well(forwarded: str, allow_hosts: list[str], status: int) -> None:
    """Behind a trusted proxy, the name of the proxy counts, and pages of its origin may control the server."""
    server = MockServer(trust_forwarded=True, allow_hosts=allow_hosts)
    headers = {"X-Forwarded-Host": forwarded, "X-Forwarded-Proto": "https"}

    assert call(server, {**headers, "Origin": f"https://{forwarded}"}).status_code == status
    assert call(server, {**headers, "Origin": "https://evil.test"}).status_code == 403
    assert call(server, {**headers, "Host": "evil.test"}).status_code == 403


def test_other_operations__take_any_host_and_origin() -> None:
    """Only the control is guarded: the service's operations need a token, which no foreign page has."""
    server = MockServer()
    headers = {"Host": "evil.test", "Origin": "http://evil.test", "Authorization": "Bearer t", **JSON}

    response = call(server, headers, b'{"version": "x", "input": {}}', path="/v1/predictions")

    assert response.status_code == 422


def test_in_process__any_base_url_controls_the_server() -> None:
    """No web page reaches a server that has no socket."""
    server = MockServer()
    with httpx.Client(transport=server.transport, base_url="https://api.replicate.com") as client:
        assert client.post("/_mock/clock/freeze").status_code == 200
    assert server.clock.frozen
