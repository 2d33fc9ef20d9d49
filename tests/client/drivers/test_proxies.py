"""Proxies and other settings of the environment, and mistakes in them."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

import zeroscope
from helpers.client import TOKEN, prediction_body
from helpers.command import COMMAND
from helpers.raw_server import CERTIFICATES, RawServer, keep_alive, response, socks5, tunnel
from helpers.waiting import LONG
from zeroscope import AsyncZeroscope, Zeroscope
from zeroscope_mock import MockServer

DEAD = "http://a-user:hunter2@127.0.0.1:9"
PASSWORDS = ("a-user", "hunter2")
PROXIES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"]


def get(kind: str, base_url: str, http_client: Any = None, **settings: Any) -> str:
    """Read a prediction with a client of its own, and return its ID."""
    if kind == "sync":
        with Zeroscope(TOKEN, base_url=base_url, http_client=http_client, **settings) as client:
            return client.predictions.get("gm3q").id

    async def main() -> str:
        async with AsyncZeroscope(TOKEN, base_url=base_url, http_client=http_client, **settings) as client:
            return (await client.predictions.get("gm3q")).id

    return asyncio.run(main())


def either_case(*names: str) -> list[str]:
    """Return names in upper and in lower case."""
    return [*names, *map(str.lower, names)]


MISTAKES = [
    *((name, "ftp://a-user:hunter2@h:1", "'ftp://h:1': Unknown scheme") for name in PROXIES),
    *((name, "http://h:99999", "there is no port 99999") for name in PROXIES),
    *((name, "http://a-user:hun/ter2@h:80", "'http://h:80': percent-encode the special") for name in PROXIES),
    *((name, "a-user:hunter2@h:x", "'h:x': Invalid port: 'x'") for name in PROXIES),
    *((name, "::1,fe80::/10", "'::1,fe80::/10': fe80::/10 is not a host") for name in either_case("NO_PROXY")),
    *((name, "h.test, [::1]", "write [::1] without brackets") for name in either_case("NO_PROXY")),
    ("SSL_CERT_FILE", "/nowhere", "No such file"),
    ("SSL_CERT_FILE", os.devnull, "'/dev/null': "),
    ("SSLKEYLOGFILE", "/nowhere/keys", "No such file"),
]


@pytest.mark.parametrize(("name", "value", "reason"), MISTAKES)
def test_mistake__is_named_with_its_variable(
    kind: str, monkeypatch: pytest.MonkeyPatch, name: str, value: str, reason: str
) -> None:
    """A setting that cannot be used raises a ConfigurationError with its name, and without the password."""
    monkeypatch.setenv(name, value)
    if name.lower() == "no_proxy":
        monkeypatch.setenv("HTTP_PROXY", "http://h:1")
    with pytest.raises(zeroscope.ConfigurationError) as caught:
        get(kind, "https://api.example.test/v1")
    message = str(caught.value)
    assert f"the environment variable {name} cannot be used: " in message and reason in message
    assert not any(word in f"{message}{caught.value.__cause__}" for word in (*PASSWORDS, "hun/"))


def test_socks__without_its_package_is_named(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what to install."""
    monkeypatch.setenv("ALL_PROXY", "socks5://a-user:hunter2@h:1")
    monkeypatch.setitem(sys.modules, "socksio", None)
    with pytest.raises(
        zeroscope.ConfigurationError, match=r"ALL_PROXY .*'socks5://h:1'.* pip install 'httpx\[socks\]'"
    ):
        get(kind, "https://api.example.test/v1")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTPS_PROXY", "ftp://a-user:hunter2@h:1"),
        ("SSL_CERT_FILE", "/nowhere"),
        ("SSLKEYLOGFILE", "/nowhere/keys"),
    ],
)
def test_command__reports_a_mistake_in_one_sentence(name: str, value: str) -> None:
    """The exit code is that of bad usage, and nothing but the sentence is on stderr."""
    environment = {**os.environ, "REPLICATE_API_TOKEN": TOKEN, name: value}
    ended = subprocess.run(
        [*COMMAND, "get", "gm3q"], env=environment, capture_output=True, text=True, check=False, timeout=2 * LONG
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith(f"zeroscope: the environment variable {name} cannot be used: ")
    assert ended.stderr.count("\n") == 1 and "hunter2" not in ended.stderr


def refuse(status: str) -> Callable[[RawServer, socket.socket], object]:
    """Return a proxy that refuses everything."""

    def respond(server: RawServer, connection: socket.socket) -> None:
        server.read_head(connection)
        connection.sendall(response(b"no", status))

    return respond


TIME_IS_UP = "the time for the whole"
REFUSALS = [
    ("https", refuse("407 Proxy Authentication Required"), "407 Proxy Authentication Required"),
    ("http", refuse("407 Proxy Authentication Required"), "407 Proxy Authentication Required"),
    ("https", refuse("403 Forbidden"), "403 Forbidden"),
    ("https", refuse("502 Bad Gateway"), "502 Bad Gateway"),
    ("https", lambda server, connection: server.read_head(connection), "disconnected"),
    ("http", lambda server, connection: server.read_head(connection), "disconnected"),
    ("https", lambda server, connection: server.drip(connection, b"HTTP/1.1 200 OK"), TIME_IS_UP),
    ("http", lambda server, connection: server.drip(connection, b"HTTP/1.1 200 OK"), TIME_IS_UP),
]


@pytest.mark.parametrize(
    ("name", "scheme", "respond", "reason"),
    [
        (name, scheme, respond, reason)
        for scheme, respond, reason in REFUSALS
        for name in either_case(f"{scheme}_PROXY".upper(), "ALL_PROXY")
    ],
)
def test_proxy__that_refuses_is_named(
    kind: str, monkeypatch: pytest.MonkeyPatch, name: str, scheme: str, respond: Any, reason: str
) -> None:
    """The error has the variable and the address of the proxy, and not its password."""
    # On a busy machine, the time is up before a proxy has answered that should.
    limit = 1 if reason == TIME_IS_UP else LONG
    with RawServer(respond).running() as proxy:
        monkeypatch.setenv(name, f"http://a-user:hunter2@127.0.0.1:{proxy.port}")
        with pytest.raises(zeroscope.TransportError) as caught:
            get(kind, f"{scheme}://api.example.test/v1", retry=None, timeout=limit)
    message = str(caught.value)
    assert reason in message and f"the proxy that {name} sets to http://127.0.0.1:{proxy.port}" in message
    assert not any(word in f"{message} {caught.value.__cause__!r}" for word in PASSWORDS)


def test_proxy__that_is_dead_is_named(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that was refused is the proxy's, not the service's."""
    monkeypatch.setenv("https_proxy", DEAD)
    with pytest.raises(zeroscope.TransportError, match=r"the proxy that https_proxy sets to http://127\.0\.0\.1:9;"):
        get(kind, "https://api.example.test/v1", retry=None)


@pytest.mark.parametrize("name", PROXIES)
def test_loopback__is_reached_directly(kind: str, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """No proxy of the environment is asked for an address of this machine, whichever it is."""
    monkeypatch.setenv(name, DEAD)
    with RawServer(keep_alive).running() as server:
        assert get(kind, f"{server.url}/v1") == "gm3q"
        assert get(kind, f"http://localhost:{server.port}/v1") == "gm3q"


HERE = ["127.0.0.1", "127.0.0.5", "127.255.255.254", "localhost", "LOCALHOST", "localhost.", "a.localhost", "[::1]"]
ELSEWHERE = ["128.0.0.1", "0.0.0.1", "localhost.test", "alocalhost", "[::2]", "127.0.0.1.test", "api.example.test"]


@pytest.mark.parametrize(("host", "is_direct"), [*((h, True) for h in HERE), *((h, False) for h in ELSEWHERE)])
def test_loopback__has_many_names(kind: str, monkeypatch: pytest.MonkeyPatch, host: str, is_direct: bool) -> None:
    """Every loopback address and every name under `localhost` is reached directly, and nothing else is."""
    monkeypatch.setenv("ALL_PROXY", DEAD)

    def is_reached_directly(client: Any) -> bool:
        http = client._clients.current().http
        return http._transport_for_url(httpx.URL(f"http://{host}:8000/v1")) is http._transport

    async def ask() -> bool:
        async with AsyncZeroscope(TOKEN) as client:
            return is_reached_directly(client)

    if kind == "sync":
        with Zeroscope(TOKEN) as client:
            assert is_reached_directly(client) is is_direct
    else:
        assert asyncio.run(ask()) is is_direct


def test_output__on_this_machine_is_reached_directly(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Downloads from another loopback address than that of the API need no proxy either."""
    for name in PROXIES:
        monkeypatch.setenv(name, DEAD)
    server = MockServer(clock="real", speed=1000.0)
    with server.listen() as listening:
        if kind == "sync":
            with Zeroscope(TOKEN, base_url=f"{listening.url}/v1") as client:
                assert client.run(prompt="a lighthouse", num_frames=2)[0].read()
            return

        async def main() -> bytes:
            async with AsyncZeroscope(TOKEN, base_url=f"{listening.url}/v1") as client:
                return await (await client.run(prompt="a lighthouse", num_frames=2))[0].read()

        assert asyncio.run(main())


def test_webhooks_of_the_mock__reach_this_machine_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    """A receiver on the loopback interface gets its deliveries."""
    for name in PROXIES:
        monkeypatch.setenv(name, DEAD)
    server = MockServer(clock="real", speed=1000.0)

    def receive(receiver: RawServer, connection: socket.socket) -> None:
        receiver.read_head(connection)
        connection.sendall(response(b""))
        receiver.closed.set()

    with RawServer(receive).running() as receiver, server.listen() as listening:
        with Zeroscope(TOKEN, base_url=f"{listening.url}/v1") as client:
            client.predictions.create({"prompt": "a lighthouse"}, webhook=f"{receiver.url}/hook")
        assert receiver.closed.wait(LONG)
        assert receiver.heads[0].startswith("POST /hook")


def test_demo__runs_with_dead_proxies(tmp_path: Path) -> None:
    """The command with a mock server of its own needs no network."""
    environment = {**os.environ, **dict.fromkeys(PROXIES, DEAD)}
    command = [*COMMAND, "run", "a lighthouse", "--mock", "--mock-speed", "100", "--output", str(tmp_path / "a.mp4")]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=2 * LONG)
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "a.mp4").stat().st_size > 1000


@pytest.mark.parametrize("proxied", ["none", "connect", "socks"])
def test_deadline__holds_over_tls_and_through_proxies(kind: str, monkeypatch: pytest.MonkeyPatch, proxied: str) -> None:
    """A server that sends a byte at a time is left at the deadline, on a new connection and on one that was kept."""
    if proxied == "socks":
        pytest.importorskip("socksio", reason="socksio is not installed")
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "other.pem"))

    def respond(server: RawServer, connection: socket.socket) -> None:
        server.read_head(connection)
        connection.sendall(response(prediction_body()))
        server.read_head(connection)
        server.drip(connection, b"HTTP/1.1 200 OK\r\nX: ")

    proxy_of = {"none": keep_alive, "connect": tunnel, "socks": socks5}
    with RawServer(respond, "other").running() as server, RawServer(proxy_of[proxied]).running() as proxy:
        host = "other.test"
        if proxied == "none":
            resolve = socket.getaddrinfo
            monkeypatch.setattr(
                socket, "getaddrinfo", lambda name, *more, **named: resolve("127.0.0.1", *more, **named)
            )
        else:
            scheme = "http" if proxied == "connect" else "socks5"
            monkeypatch.setenv("HTTPS_PROXY", f"{scheme}://127.0.0.1:{proxy.port}")
        seconds = get_twice(kind, f"https://{host}:{server.port}/v1")
        assert 0.9 < seconds < LONG
        assert server.connections == 1 and server.closed.wait(LONG)
        assert proxy.connections == (proxied != "none")


def get_twice(kind: str, base_url: str) -> float:
    """Read a prediction, and read it again from a server that does not finish; return how long that took."""
    if kind == "sync":
        with Zeroscope(TOKEN, base_url=base_url, timeout=1, retry=None) as client:
            client.predictions.get("gm3q", timeout=LONG)
            start = time.monotonic()
            with pytest.raises(zeroscope.TransportError, match="the time for the whole exchange was up"):
                client.predictions.get("gm3q")
            return time.monotonic() - start

    async def main() -> float:
        async with AsyncZeroscope(TOKEN, base_url=base_url, timeout=1, retry=None) as client:
            await client.predictions.get("gm3q", timeout=LONG)
            start = time.monotonic()
            with pytest.raises(zeroscope.TransportError, match="the time for the whole exchange was up"):
                await client.predictions.get("gm3q")
            return time.monotonic() - start

    return asyncio.run(main())


@pytest.mark.parametrize("respond", [respond for scheme, respond, _ in REFUSALS if scheme == "https"])
def test_create__through_a_proxy_that_opens_no_connection_was_not_sent(
    kind: str, monkeypatch: pytest.MonkeyPatch, respond: Any
) -> None:
    """Nothing was sent to the service before the proxy has connected to it, so nothing can be billed."""
    settings: dict[str, Any] = {"base_url": "https://api.example.test/v1", "retry": None, "timeout": 1}

    async def create() -> None:
        async with AsyncZeroscope(TOKEN, **settings) as client:
            await client.predictions.create({})

    def create_sync() -> None:
        with Zeroscope(TOKEN, **settings) as client:
            client.predictions.create({})

    with RawServer(respond).running() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        with pytest.raises(zeroscope.TransportError):
            asyncio.run(create()) if kind == "async" else create_sync()
