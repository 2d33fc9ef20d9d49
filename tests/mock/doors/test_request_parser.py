"""The parser of requests, compared with h11 and with httptools by itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import h11
import httptools
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zeroscope_mock.doors import limits, request_parser
from zeroscope_mock.doors.head_cache import LONGEST
from zeroscope_mock.doors.request_parser import KnownHeads, RequestParser
from zeroscope_mock.messages import Response

BODY_LIMIT = 10_000
HOST = b"Host: h\r\n"
GET = b"GET /v1/predictions?a=b HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer t\r\n\r\n"
CHUNKED = b"POST /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"


@dataclass
class Reading:
    """What a parser finds in some bytes: requests, and whether it refuses what follows."""

    requests: list[tuple[str, str, list[tuple[str, str]], bytes]] = field(default_factory=list)
    refusal: int | None = None


def read(pieces: Iterable[bytes], known: KnownHeads | None = None) -> Reading:
    """The reading of our parser."""
    parser, reading = RequestParser(known or KnownHeads(), "http", "h:1", BODY_LIMIT), Reading()
    for data in pieces:
        while data:
            found = parser.feed(data)
            if found is None:
                break
            if isinstance(found, Response):
                reading.refusal = found.status
                return reading
            head, body = found
            reading.requests.append((head.head.method, head.head.target, list(head.head.headers), body))
            if not head.keep_alive:
                return reading
            data = parser.rest
    return reading


def read_by_h11(data: bytes) -> Reading:
    """The reading of h11, which speaks the strictest HTTP of those in Python."""
    connection, reading, body = h11.Connection(h11.SERVER, 2**20), Reading(), b""
    connection.receive_data(data)
    request: h11.Request | None = None
    while True:
        try:
            event = connection.next_event()
        except h11.RemoteProtocolError as error:
            reading.refusal = error.error_status_hint
            return reading
        if isinstance(event, h11.Request):
            request, body = event, b""
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            assert request is not None
            headers = [(name.decode(), value.decode("latin-1")) for name, value in request.headers]
            reading.requests.append((request.method.decode(), request.target.decode(), headers, body))
            connection.send(h11.Response(status_code=200, headers=[("content-length", "0")]))
            connection.send(h11.EndOfMessage())
            if connection.our_state is not h11.DONE or connection.their_state is not h11.DONE:
                return reading
            connection.start_next_cycle()
        else:
            return reading


class Plain:
    """The reading of httptools by itself, which gets all bytes at once."""

    def __init__(self, data: bytes) -> None:
        self.reading = Reading()
        self._parser = httptools.HttpRequestParser(self)
        while data:
            try:
                self._parser.feed_data(data)
                return
            except httptools.HttpParserUpgrade as upgrade:
                # The request is whole, and asks for another protocol, which it does not get.
                data = data[upgrade.args[0] :]
            except httptools.HttpParserError:
                self.reading.refusal = 400
                return

    def on_message_begin(self) -> None:
        self._target, self._body = b"", b""
        self._headers = list[tuple[str, str]]()

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers.append((name.decode("latin-1").lower(), value.decode("latin-1").rstrip(" \t")))

    def on_headers_complete(self) -> None:
        self._count = len(self._headers)

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        method = self._parser.get_method().decode()
        self.reading.requests.append((method, self._target.decode(), self._headers[: self._count], self._body))


def post(body: bytes) -> bytes:
    return b"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def chunked(*chunks: bytes, trailer: bytes = b"") -> bytes:
    framed = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return CHUNKED + framed + b"0\r\n" + trailer + b"\r\n"


BODIES = st.binary(max_size=20) | st.sampled_from([b"\r\n", b"\r\n\r\n", GET, b"0\r\n\r\n", b"\n" * 30])
REQUESTS = st.one_of(
    st.just(GET),
    st.builds(post, BODIES),
    st.builds(lambda chunks: chunked(*chunks), st.lists(BODIES.filter(bool), max_size=3)),
    st.builds(lambda chunks: chunked(*chunks, trailer=b"X: y\r\n"), st.lists(BODIES.filter(bool), max_size=1)),
    st.just(b"GET /u HTTP/1.1\r\nHost: h\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n"),
)


@settings(max_examples=150)
@given(requests=st.lists(REQUESTS, min_size=1, max_size=4), data=st.data())
def test_feed__finds_the_same_in_any_split(requests: list[bytes], data: Any) -> None:
    """Be it in one piece or in many, and whether or not the heads are known, all requests are those that were sent."""
    stream, known = b"".join(requests), KnownHeads()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]

    whole = read([stream], known)

    assert whole.refusal is None
    assert whole.requests == [request for one in requests for request in read_by_h11(one).requests]
    for again in ([stream], pieces, requests, [bytes([byte]) for byte in stream]):
        assert read(again, known) == read(again) == whole


@settings(max_examples=400)
@given(
    requests=st.lists(REQUESTS, min_size=1, max_size=3),
    edits=st.lists(
        st.tuples(
            st.integers(0, 10_000),
            st.sampled_from(["insert", "replace", "delete", "double"]),
            st.sampled_from([*b"\r\n\0 \t:;,0123fFx-+/?#\x7f\x80\xff"]),
        ),
        min_size=1,
        max_size=3,
    ),
)
def test_feed__agrees_with_other_parsers_on_damaged_requests(
    requests: list[bytes], edits: list[tuple[int, str, int]]
) -> None:
    """What both accept has one meaning, so that nothing is smuggled; and cutting the bytes changes nothing."""
    stream, known = bytearray(b"".join(requests)), KnownHeads()
    read(requests, known)
    for place, kind, byte in edits:
        place %= len(stream) or 1
        if kind == "insert":
            stream.insert(place, byte)
        elif kind == "double":
            stream[place:place] = stream[place : place + 1]
        else:
            stream[place : place + 1] = bytes([byte] if kind == "replace" else [])
    damaged = bytes(stream)

    found = read([damaged], known)

    assert read([bytes([byte]) for byte in damaged]) == found
    for other in (read_by_h11(damaged), Plain(damaged).reading):
        # One may refuse or stop sooner, but not find another request.
        for ours, theirs in zip(found.requests, other.requests, strict=False):
            assert (ours[0], bare(ours[1]), *ours[2:]) == (theirs[0], bare(theirs[1]), *theirs[2:])


def bare(target: str) -> str:
    """A target without its fragment and without an empty query, which our parser leaves out."""
    return target.partition("#")[0].removesuffix("?")


@pytest.mark.parametrize(
    "data",
    [
        b"\x16\x03\x01\x02\x00",
        b"GET / HTTP/0.9\r\n" + HOST + b"\r\n",
        b"GET / HTTP/2.0\r\n" + HOST + b"\r\n",
        b"GET /\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"get / HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET / HTTP/1.1 \r\n" + HOST + b"\r\n",
        b"GET x HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET /\xff HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET /a b HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET http:///x HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET http://user:password@h/x HTTP/1.1\r\n" + HOST + b"\r\n",
        b"CONNECT h:443 HTTP/1.1\r\n" + HOST + b"\r\n",
        b"GET / HTTP/1.1\nHost: h\n\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n b\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"X: a\rY: b\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"X: a\nY: b\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"X: a\0b\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"X y: b\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b"X : b\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + HOST + b": b\r\n\r\n",
        b"GET / HTTP/1.1\r\n X: b\r\n" + HOST + b"\r\n",
    ],
    ids=repr,
)
def test_head__is_refused(data: bytes) -> None:
    """Whatever is no HTTP/1.1 is a 400, in one piece and in many."""
    assert read([data]) == read([bytes([byte]) for byte in data]) == Reading([], 400)


@pytest.mark.parametrize(
    "lines",
    [
        b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
        b"Content-Length: 3\r\nContent-Length: 3\r\n",
        b"Content-Length: 3\r\nContent-Length: 4\r\n",
        b"Content-Length: 3, 3\r\n",
        b"Content-Length: +3\r\n",
        b"Content-Length: -3\r\n",
        b"Content-Length: 0x3\r\n",
        b"Content-Length: 3_0\r\n",
        b"Content-Length: \xb2\r\n",
        b"Content-Length: \r\n",
        b"Content-Length: 99999999999999999999999\r\n",
        b"Content-Length : 3\r\n",
        b"Transfer-Encoding : chunked\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding:\x0bchunked\r\n",
        b"Transfer-Encoding: identity\r\n",
        b"Transfer-Encoding: chunked\r\nUpgrade: x\r\nConnection: upgrade\r\n",
    ],
    ids=repr,
)
def test_body__of_an_uncertain_length_is_refused(lines: bytes) -> None:
    """Two servers might find different bodies, so that one of them would take a body for a request."""
    data = b"POST / HTTP/1.1\r\n" + HOST + lines + b"\r\n3\r\nabc\r\n0\r\n\r\n" + GET
    assert read([data]) == read([bytes([byte]) for byte in data]) == Reading([], 400)


@pytest.mark.parametrize(
    "chunks",
    [
        b"0x3\r\nabc\r\n0\r\n\r\n",
        b"-3\r\nabc\r\n0\r\n\r\n",
        b"+3\r\nabc\r\n0\r\n\r\n",
        b" 3\r\nabc\r\n0\r\n\r\n",
        b"3 \r\nabc\r\n0\r\n\r\n",
        b"\r\nabc\r\n0\r\n\r\n",
        b"3\nabc\n0\n\n",
        b"3\r\nabcX\r\n0\r\n\r\n",
        b"3\r\nab\r\n0\r\n\r\n",
        b"fffffffffffffffff\r\nabc\r\n0\r\n\r\n",
        b"3\r\nabc\r\n0\r\nX y: z\r\n\r\n",
        b"3\r\nabc\r\n0\r\nX: y\nZ: z\r\n\r\n",
        b"3\r\nabc\r\n0\r\n: y\r\n\r\n",
        b"3\r\nabc\r\n0\r\nX: y\r\n z\r\n\r\n",
    ],
    ids=repr,
)
def test_chunks__are_refused(chunks: bytes) -> None:
    """Sizes and ends of chunks have one form only."""
    data = CHUNKED + chunks + GET
    assert read([data]) == read([bytes([byte]) for byte in data]) == Reading([], 400)


@pytest.mark.parametrize(
    "trailer",
    [
        b"Authorization: Bearer x\r\n",
        b"Content-Length: 5\r\n",
        b"X: y\r\nTransfer-Encoding: gzip\r\nConnection: close\r\n",
        b"content-length: none\r\ncontent-length: 7\r\n",
    ],
    ids=repr,
)
def test_trailer__is_no_header(trailer: bytes) -> None:
    """It comes after the head has been decided on, and frames nothing, whatever its name (RFC 9110, section 6.5)."""
    data = chunked(b"abc", trailer=trailer)
    for pieces in ([data + GET], [bytes([byte]) for byte in data + GET]):
        ((_, _, headers, body), following) = read(pieces).requests
        assert (headers, body) == ([("host", "h"), ("transfer-encoding", "chunked")], b"abc")
        assert following[1] == "/v1/predictions?a=b"


@pytest.mark.parametrize("empty", [b"\r\n", b"\n", b"\r\n\r\n\r\n", b"\n\r\n"], ids=repr)
@pytest.mark.parametrize("request_", [GET, post(b"abc"), chunked(b"abc")], ids=["GET", "POST", "chunked"])
def test_empty_lines__before_a_request_are_ignored(empty: bytes, request_: bytes) -> None:
    """In any split, and whether or not the head is known; alone, they are no part of a head."""
    known, plain = KnownHeads(), read([request_, request_])
    data = empty + request_ + empty + request_ + empty
    for pieces in ([data], [bytes([byte]) for byte in data], [empty, request_, empty, request_], [data]):
        assert read(pieces, known) == plain
    parser = RequestParser(known, "http", "h:1", BODY_LIMIT)
    assert (parser.feed(empty), parser.in_head, parser.in_body) == (None, False, False)


@pytest.mark.parametrize("method", ["FOO", "QUERY", "M-SEARCH", "GETX", "G", "X_Y", "SOURCE", "PRI", "CONNECT"])
def test_method__may_be_any(method: str) -> None:
    """The core decides which ones it has; in any split, and with or without a body."""
    for request_ in (GET, post(b"abc"), chunked(b"abc")):
        (_, *rest) = read([request_]).requests[0]
        data = method.encode() + request_[request_.index(b" ") :]
        for pieces in ([data], [bytes([byte]) for byte in data]):
            assert read(pieces).requests == [(method, *rest)]


@pytest.mark.parametrize("method", [b"", b"get", b"G@T", b"GET/", b"G\tT", b"G\xc9T", b"X" * 101, b"GET\r\n"], ids=repr)
def test_method__that_is_none_is_refused(method: bytes) -> None:
    """As is a line with nothing else."""
    data = method + GET[3:]
    assert read([data]) == read([bytes([byte]) for byte in data]) == Reading([], 400)
    assert read([b"GET\r\n\r\n"]) == Reading([], 400)


@pytest.mark.parametrize(
    ("target", "authority"),
    [
        ("http://other:1/v1/account", "other:1"),
        ("http://other", "other"),
        ("https://other?a=b", "other"),
        ("HTTP://Other.test:80/x?y#z", "Other.test:80"),
        ("http://[::1]:8000/a://b", "[::1]:8000"),
        ("//other/v1", "h"),
        ("/v1?a=http://other", "h"),
        ("*", "h"),
    ],
)
def test_authority__of_a_target_takes_the_place_of_host(target: str, authority: str) -> None:
    """It counts wherever a Host would (RFC 9112, section 3.2.2)."""
    known = KnownHeads()
    for _ in range(2):
        found = RequestParser(known, "http", "h:1", 10).feed(
            f"GET {target} HTTP/1.1\r\nA: b\r\nHost: h\r\n\r\n".encode()
        )
        assert isinstance(found, tuple)
        head = found[0].head
        assert head.headers == (("a", "b"), ("host", authority))
        assert (head.base_url, head.host) == (f"http://{authority}", "h:1")


@pytest.mark.parametrize(
    ("sent", "target"),
    [
        (b"/a?b?c", "/a?b?c"),
        (b"/a?", "/a"),
        (b"/a#b?c", "/a"),
        (b"//a/b", "//a/b"),
        (b"/%2e?%23", "/%2e?%23"),
        (b"http://h/a?b", "/a?b"),
        (b"http://h", "/"),
        (b"*", "*"),
    ],
)
def test_target__is_a_path_with_a_query(sent: bytes, target: str) -> None:
    """In each form of HTTP, still percent-encoded, and without the fragment, which no client sends."""
    assert read([b"OPTIONS " + sent + b" HTTP/1.1\r\n" + HOST + b"\r\n"]).requests[0][1] == target


@pytest.mark.parametrize(
    ("lines", "keep_alive"),
    [
        (b"HTTP/1.1\r\n", True),
        (b"HTTP/1.1\r\nConnection: close\r\n", False),
        (b"HTTP/1.1\r\nConnection: x, Close\r\n", False),
        (b"HTTP/1.0\r\n", False),
        (b"HTTP/1.0\r\nConnection: keep-alive\r\n", False),
    ],
)
def test_connection__ends_after_the_request(lines: bytes, keep_alive: bool) -> None:
    """Where the client says so, and with HTTP/1.0; a known head remembers it."""
    known = KnownHeads()
    for _ in range(2):
        found = RequestParser(known, "http", "h:1", 10).feed(b"GET / " + lines + HOST + b"\r\n")
        assert isinstance(found, tuple)
        assert (found[0].keep_alive, found[0].chunks) == (keep_alive, b"/1.1" in lines)


@pytest.mark.parametrize(
    ("length", "body"),
    [(b"Content-Length: 3\r\n", b"abc"), (b"Transfer-Encoding: chunked\r\n", b"1\r\na\r\n0\r\n\r\n")],
)
def test_expectation__is_noticed_once(length: bytes, body: bytes) -> None:
    """Only while nothing of the body has come, be the head known or not."""
    head, known = b"POST / HTTP/1.1\r\n" + HOST + b"Expect: 100-Continue\r\n" + length + b"\r\n", KnownHeads()
    for _ in range(2):
        parser = RequestParser(known, "http", "h:1", 10)
        assert (parser.feed(head), parser.expects_continue, parser.in_head, parser.in_body) == (None, True, False, True)
        assert (parser.feed(body[:1]), parser.expects_continue) == (None, False)
        assert isinstance(parser.feed(body[1:]), tuple)
        assert (parser.expects_continue, parser.in_body) == (False, False)
    parser = RequestParser(known, "http", "h:1", 10)
    assert isinstance(parser.feed(head + body), tuple)
    assert not parser.expects_continue


def test_known_head__is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also if its body, or the next request, comes with it or later; another address has heads of its own."""
    known, first = KnownHeads(), post(b"abc")
    expected = read([first, GET], known)
    monkeypatch.delattr(request_parser, "_Message")
    for pieces in ([first, GET], [first + GET], [first[:-2], first[-2:] + GET], [first[:-3], b"a", b"b", b"c" + GET]):
        assert read(pieces, known) == expected

    with pytest.raises(NameError):
        RequestParser(known, "http", "h:2", BODY_LIMIT).feed(GET)


@pytest.mark.parametrize(
    "data",
    [
        GET[:-2] + b"X: " + b"x" * LONGEST + b"\r\n\r\n",
        CHUNKED + b"0\r\n\r\n",
        b"\r\n" + GET[:-2] + b"X",
    ],
    ids=["long", "chunked", "half"],
)
def test_known_heads__are_short_and_whole(data: bytes) -> None:
    """Others are parsed each time."""
    known = KnownHeads()
    read([data], known)
    assert not known._heads


def test_known_heads__are_limited_in_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client cannot fill the memory with them."""
    monkeypatch.setattr(request_parser, "LIMIT", 3)
    known = KnownHeads()
    for number in range(10):
        read([b"GET /%d HTTP/1.1\r\n\r\n" % number], known)
        assert len(known._heads) <= 3


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (post(b"x" * (BODY_LIMIT + 1)), 413),
        (post(b"x" * (BODY_LIMIT + 1))[:60], 413),
        (chunked(b"x" * (BODY_LIMIT + 1)), 413),
        (chunked(*[b"x"] * (BODY_LIMIT + 1)), 413),
        (post(b"x" * BODY_LIMIT), None),
        (chunked(b"\n" * BODY_LIMIT), None),
        (chunked(*[b"x"] * BODY_LIMIT), None),
        (CHUNKED + b"0\r\n" + b"X: y\r\n" * limits.HEAD_LIMIT, 431),
        (CHUNKED + b"1;" + b"x" * limits.HEAD_LIMIT, 431),
    ],
    ids=["long", "announced", "chunk", "chunks", "fits", "chunk fits", "chunks fit", "trailer", "extension"],
)
def test_body__has_a_limit(data: bytes, status: int | None) -> None:
    """It is refused as soon as it is known to be longer; so is a framing that is much longer than the body."""
    assert read([data]).refusal == read([data[i : i + 1000] for i in range(0, len(data), 1000)]).refusal == status


def test_chunk__is_parsed_in_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many lines its data has, because each piece takes time of all other clients."""
    pieces, feed = list[bytes](), request_parser._Message.feed

    def count(self: Any, data: bytes) -> None:
        pieces.append(data)
        feed(self, data)

    monkeypatch.setattr(request_parser._Message, "feed", count)
    data = chunked(b"\n" * 5000, b"\n" * 4000)
    assert read([data]).requests[0][3] == b"\n" * 9000
    assert len(pieces) < 10
    pieces.clear()
    assert read([data[:1000], data[1000:4000], data[4000:]]).requests[0][3] == b"\n" * 9000
    assert len(pieces) < 12


def test_upgrade__with_a_chunked_body_is_explained() -> None:
    """The parser cannot read its body."""
    data = CHUNKED[:-2] + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n0\r\n\r\n"
    found = RequestParser(KnownHeads(), "http", "h:1", BODY_LIMIT).feed(data)
    assert isinstance(found, Response) and isinstance(found.body, bytes) and b"without `Upgrade`" in found.body
