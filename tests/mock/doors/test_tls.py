"""The server on https: its certificate, and the files by which clients trust it."""

from __future__ import annotations

import os
import socket
import ssl
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import certifi
import httpx
import pytest
from replicate.client import Client
from replicate.helpers import FileOutput

import zeroscope
from helpers.command import Command, mock_process
from helpers.raw_server import RawServer, response
from helpers.tls import connect, trusting
from helpers.waiting import LONG
from zeroscope_mock import Listening, MockServer, PortInUseError, VirtualClock
from zeroscope_mock.doors import limits

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
AUTH = {"Authorization": "Bearer a-token"}
VARIABLES = ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"]


def names(listening: Listening) -> set[str]:
    """The names and addresses that the server's certificate is for."""
    with connect(listening.url, listening.ca_file) as wire:
        assert isinstance(wire, ssl.SSLSocket)
        certificate: dict[str, Any] = wire.getpeercert() or {}
    return {name for _, name in certificate["subjectAltName"]}


def authorities(path: str | os.PathLike[str]) -> set[bytes]:
    """The certificates in a file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(path)
    return set(context.get_ca_certs(binary_form=True))


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    """A program in which no variable names authorities."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("event_loop_kind")
def test_urls__are_https_throughout(server: MockServer) -> None:
    """In the responses to a create, a read and a list, in pages and in outputs, which can be fetched."""
    server.scripts.add({"outputs": 1, "streams": True}, times=None)
    with (
        server.listen(tls=True) as listening,
        httpx.Client(base_url=f"{listening.url}/v1", headers=AUTH, verify=trusting(listening.ca_file)) as api,
    ):
        assert listening.url.startswith("https://127.0.0.1:")
        sent = {"version": VERSION, "input": {"num_frames": 1}}
        body = [api.post("/predictions", json=sent).json() for _ in range(101)][-1]
        server.clock.advance(60)
        ended, page = api.get(body["urls"]["get"]).json(), api.get("/predictions").json()
        video = api.get(ended["output"][0])
        stream = api.get(ended["urls"]["stream"])

    assert {url.partition("/v1")[0] for url in (*ended["urls"].values(), page["next"])} >= {listening.url}
    assert ended["output"][0].startswith(listening.url) and video.content[4:8] == b"ftyp"
    assert stream.text.endswith("event: done\nid: 52-1-done\ndata: {}\n\n")


@pytest.mark.parametrize(
    ("host", "allowed", "more"),
    [
        ("127.0.0.1", [], set()),
        ("localhost", ["api.replicate.com", "[2001:db8::7]"], {"api.replicate.com", "2001:DB8:0:0:0:0:0:7"}),
        ("0.0.0.0", [], {"0.0.0.0"}),
    ],
)
def test_certificate__is_for_the_names_of_the_server(host: str, allowed: list[str], more: set[str]) -> None:
    """For this machine, the address that it listens on, and the hosts that it admits."""
    with MockServer(allow_hosts=allowed).listen(host, tls=True) as listening:
        url = listening.url
        assert names(listening) == {"localhost", "127.0.0.1", "0:0:0:0:0:0:0:1"} | more
    assert url.startswith(f"https://{host}:")


@pytest.mark.usefixtures("event_loop_kind")
@pytest.mark.skipif(not socket.has_ipv6, reason="this machine has no IPv6")
def test_certificate__of_a_server_on_ipv6(server: MockServer) -> None:
    """The URL has brackets, and the certificate holds."""
    with server.listen("::1", tls=True) as listening:
        answer = httpx.get(f"{listening.url}/v1/predictions", headers=AUTH, verify=trusting(listening.ca_file))
    assert answer.status_code == 200


@pytest.mark.usefixtures("event_loop_kind")
def test_certificate__is_not_trusted_by_others(server: MockServer) -> None:
    """A client that was not told about the authority refuses the connection, and so does one of another server."""
    with server.listen(tls=True) as listening, MockServer().listen(tls=True) as other:
        for verify in (ssl.create_default_context(), trusting(other.ca_file)):
            with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                httpx.get(listening.url, verify=verify)
        # One that speaks plain HTTP ends quickly, and disturbs no other.
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(listening.url.replace("https", "http"))
        assert httpx.get(listening.url, verify=trusting(listening.ca_file)).status_code == 404


def test_environment__makes_clients_trust_the_server(server: MockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables are enough for our client and for httpx in another process, and name one file."""
    code = "import httpx, sys; print(httpx.get(sys.argv[1]).status_code)"
    with server.listen(tls=True) as listening:
        assert list(listening.environment) == VARIABLES
        environment = {**os.environ, **listening.environment}
        command = [sys.executable, "-c", code, listening.url]
        result = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        for name, value in listening.environment.items():
            monkeypatch.setenv(name, value)
        with zeroscope.Zeroscope("a-token", base_url=listening.url, clock=server.clock) as client:
            assert client.run(prompt="x", num_frames=1)[0].url.startswith("https://")
    assert (result.stdout, result.stderr) == ("404\n", "")


@pytest.mark.usefixtures("event_loop_kind")
def test_official_client__gets_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """With https, the official Python client returns file objects, as on the service."""
    with MockServer(clock="real", speed=1000).listen(tls=True) as listening:
        monkeypatch.setenv("SSL_CERT_FILE", listening.environment["SSL_CERT_FILE"])
        client = Client(api_token="any-token", base_url=listening.url)
        # It has no close of its own, and Python warns of open sockets.
        with client._client:
            outputs = client.run("anotherjesse/zeroscope-v2-xl", input={"prompt": "x", "num_frames": 1})
            assert isinstance(outputs, list)
            (output,) = outputs
            assert isinstance(output, FileOutput)
            assert output.read()[4:8] == b"ftyp"


def test_bundle__keeps_the_authorities_that_were_trusted(server: MockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of certifi or of SSL_CERT_FILE, but not those of a server that has told the shell to trust it."""
    with server.listen(tls=True) as first:
        (own,) = authorities(first.ca_file or "")
        bundle = first.environment["SSL_CERT_FILE"]
        assert authorities(bundle) == authorities(certifi.where()) | {own}
        monkeypatch.setenv("SSL_CERT_FILE", bundle)
        with server.listen(tls=True) as second:
            seen = authorities(second.environment["SSL_CERT_FILE"])
            assert seen == authorities(certifi.where()) | authorities(second.ca_file or "")
        monkeypatch.setenv("SSL_CERT_FILE", str(first.ca_file))
        with server.listen(tls=True) as third:
            assert authorities(third.environment["SSL_CERT_FILE"]) == {own} | authorities(third.ca_file or "")
    # The file of a server that has ended.
    with server.listen(tls=True) as last:
        assert len(authorities(last.environment["SSL_CERT_FILE"])) == len(seen)


def test_folder__is_removed_unless_it_was_given(server: MockServer, tmp_path: Path) -> None:
    """A temporary one ends with the server; a given one is made, and its authority issues the next certificate, too."""
    with server.listen(tls=True) as listening:
        temporary = listening.ca_file
        assert temporary is not None and temporary.exists()
    assert not temporary.parent.exists()

    folder = tmp_path / "new" / "tls"
    with server.listen(tls=folder) as listening:
        pem = (folder / "ca.pem").read_bytes()
    with MockServer().listen(tls=str(folder)) as listening:
        assert (folder / "ca.pem").read_bytes() == pem
        assert httpx.get(listening.url, verify=trusting(folder / "ca.pem")).status_code == 404
    if os.name == "posix":
        assert stat.S_IMODE((folder / "ca-key.pem").stat().st_mode) == 0o600
    assert b"PRIVATE" not in pem + (folder / "ca-bundle.pem").read_bytes()


def test_error__names_what_is_wrong(server: MockServer, tmp_path: Path) -> None:
    """A host that no certificate can have, a file that is none of ours, a folder that cannot be made, a used port."""
    with pytest.raises(ValueError, match=r"no certificate can be made for localhost, .*, a_b: Codepoint"):
        MockServer(allow_hosts=["a_b"]).listen(tls=True)
    (tmp_path / "ca-key.pem").write_text("old")
    with pytest.raises(ValueError, match=r"ca-key.pem holds no key and certificate; remove it to have new ones made"):
        server.listen(tls=tmp_path)
    with pytest.raises(OSError, match=r"File exists|Not a directory"):
        server.listen(tls=tmp_path / "ca-key.pem")
    with server.listen() as listening, pytest.raises(PortInUseError):
        server.listen(port=int(listening.url.rpartition(":")[2]), tls=True)


@pytest.mark.usefixtures("event_loop_kind")
@pytest.mark.parametrize("fault", [{"reset": "before"}, {"reset": "after"}, {"hang": 5}], ids=str)
def test_reset__is_one_on_the_wire(server: MockServer, fault: dict[str, Any]) -> None:
    """Below TLS, the socket sees RST, and no farewell; the ssl module of Python 3.10 to 3.12 shows an end instead."""
    server.faults.add(operation="listPredictions", **fault)
    with server.listen(tls=True) as listening:
        port = int(listening.url.rpartition(":")[2])
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = trusting(listening.ca_file).wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
        with socket.create_connection(("127.0.0.1", port), timeout=LONG) as wire:
            while True:
                try:
                    tls.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    wire.sendall(outgoing.read())
                    incoming.write(wire.recv(65536))
            tls.write(b"GET /v1/predictions HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer t\r\n\r\n")
            wire.sendall(outgoing.read())
            received: Iterator[bytes] = iter(lambda: wire.recv(65536), b"")
            with pytest.raises(ConnectionResetError):
                list(received)


@pytest.mark.usefixtures("event_loop_kind")
@pytest.mark.parametrize("half", [b"", b"\x16\x03\x01\x02\x00"], ids=["nothing", "half"])
def test_handshake__times_out(server: MockServer, monkeypatch: pytest.MonkeyPatch, half: bytes) -> None:
    """A client that does not end it is disconnected in the time for a head."""
    assert limits.HEAD_TIMEOUT == 10
    monkeypatch.setattr(limits, "HEAD_TIMEOUT", 0.05)
    with server.listen(tls=True) as listening:
        port = int(listening.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=LONG) as wire:
            wire.sendall(half)
            with suppress(ConnectionResetError):
                assert wire.recv(1) == b""


@pytest.mark.usefixtures("event_loop_kind")
def test_webhooks__are_sent_as_without_tls() -> None:
    """A receiver on the loopback interface gets plain HTTP, with https URLs in the body."""

    def receive(receiver: RawServer, connection: socket.socket) -> None:
        receiver.read_head(connection)
        connection.sendall(response(b""))
        receiver.closed.set()

    server = MockServer(clock=VirtualClock())
    with RawServer(receive).running() as receiver, server.listen(tls=True) as listening:
        sent = {"version": VERSION, "input": {}, "webhook": f"{receiver.url}/hook"}
        url = f"{listening.url}/v1/predictions"
        created = httpx.post(url, json=sent, headers=AUTH, verify=trusting(listening.ca_file))
        assert created.status_code == 201
        server.clock.advance(5)
        assert receiver.closed.wait(LONG)
        assert receiver.heads[0].startswith("POST /hook")
        assert f'"{listening.url}/v1/predictions/' in server.deliveries[0].body


def test_command__prints_the_variables(tmp_path: Path) -> None:
    """The lines to paste into a shell follow the URL, and a folder that was given is used."""
    with mock_process("--tls-dir", str(tmp_path / "a b")) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip().rpartition(" ")[2]
        lines = [process.stdout.readline() for _ in VARIABLES]
        answer = httpx.get(f"{url}/v1/predictions", headers=AUTH, verify=trusting(tmp_path / "a b" / "ca.pem"))
    assert url.startswith("https://127.0.0.1:") and answer.status_code == 200
    assert lines == [f"export {name}='{tmp_path / 'a b' / 'ca-bundle.pem'}'\n" for name in VARIABLES]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--tls", "--allow-host", "a_b"], "no certificate can be made for localhost, "),
        (["--tls-dir", "file"], "file"),
    ],
)
def test_command__reports_what_is_wrong(command: Command, tmp_path: Path, options: list[str], message: str) -> None:
    """In a line, with the exit code 2."""
    (tmp_path / "file").write_text("x")
    outcome = command("mock", "--port", "0", *options)
    assert (outcome.code, outcome.out) == (2, "")
    assert message in outcome.err and "Traceback" not in outcome.err
