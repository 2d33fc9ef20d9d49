"""The parser of the requests on a connection: httptools, and a cache of heads."""

from __future__ import annotations

import re

import httptools

from ..messages import Head, Response
from ..problems import malformed, too_large
from . import limits
from .head_cache import LIMIT, LONGEST
from .request_head import RequestHead, read_head

_HEAD_END = b"\r\n\r\n"
# httptools refuses methods that it does not know, and reads what follows in the same way for all others.
_METHOD = re.compile(rb"[A-Z_-]{1,100}")
_STAND_IN = b"GET "
# The bytes of the framing of a chunked body, as a multiple of those of the body: chunks of one byte have six.
_FRAMING = 8
# In place of a method or a path that is not known.
_UNKNOWN = "-"
# How much is kept of the path of a refused request, in characters.
_PATH_LENGTH = 200
_TLS_HELLO = b"\x16"
_NO_REQUEST = "What was sent is not an HTTP/1.1 request"
_HTTPS = f"{_NO_REQUEST} but TLS: https on an http port; use an http:// URL, or start the server with --tls."


class KnownHeads:
    """The heads that connections have parsed, by their bytes.

    Clients that poll send the same head again and again, and then it need not be parsed. Only whole heads are kept, of
    which the parser has taken exactly these bytes, so that they mean the same wherever a request begins with them.
    """

    def __init__(self) -> None:
        self._heads: dict[tuple[bytes, str], RequestHead] = {}
        self.find = self._heads.get

    def keep(self, raw: bytes, host: str, head: RequestHead) -> None:
        """Keep a head, unless it is long.

        Args:
            raw: Its bytes.
            host: The address that its connection reached.
            head: The head.
        """
        if len(raw) <= LONGEST:
            if len(self._heads) >= LIMIT:
                self._heads.clear()
            self._heads[raw, host] = head


class RequestParser:
    """Parses the requests on a connection, one after the other.

    Args:
        known: The heads that the connections of the server have parsed.
        scheme: `http` or `https`.
        host: Host and port that the connection reached.
        body_limit: The length of the longest body, in bytes.

    Attributes:
        rest: The bytes after the request that `feed` returned.
        expects_continue: Whether the client sends the body of the latest head only when told to continue.
    """

    def __init__(self, known: KnownHeads, scheme: str, host: str, body_limit: int) -> None:
        self._known = known
        self._scheme = scheme
        self._host = host
        self._body_limit = body_limit
        self._message: _Message | None = None
        self._head: RequestHead | None = None
        self._body = bytearray()
        self.rest = b""
        self.expects_continue = False

    @property
    def in_head(self) -> bool:
        """Whether a part of a head has come."""
        return self._message is not None and self._head is None

    @property
    def in_body(self) -> bool:
        """Whether a head has come, and not yet all of its body."""
        return self._head is not None

    @property
    def known_head(self) -> Head:
        """What is known of the head of a request that is not complete or was refused."""
        if self._head is not None:
            return self._head.head
        method, path = self._message.known_line() if self._message else (_UNKNOWN, _UNKNOWN)
        return Head(method, path, scheme=self._scheme, host=self._host)

    def feed(self, data: bytes) -> tuple[RequestHead, bytes] | Response | None:
        """Parse some bytes up to the end of a request.

        Returns:
            The request's head and body, the refusal of what came, or None if the request is not complete.
        """
        self.expects_continue = False
        if self._head is not None:
            if self._message is None:
                return self._read_body(self._head, data)
        elif self._message is None:
            end = data.find(_HEAD_END) + len(_HEAD_END)
            raw = None if end < len(_HEAD_END) else data[:end]
            if raw is not None and (known := self._known.find((raw, self._host))):
                return self._begin_body(known, data, end)
            if data.startswith((b"\r", b"\n")):
                # Some clients send an empty line after a body, which is to be ignored (RFC 9112, section 2.2).
                data = data.lstrip(b"\r\n")
                return self.feed(data) if data else None
            return self._parse(data, raw)
        return self._parse(data, None)

    def _parse(self, data: bytes, raw: bytes | None) -> tuple[RequestHead, bytes] | Response | None:
        """Have httptools parse some bytes.

        Args:
            data: The bytes.
            raw: Those of them that may be a head, if a message begins with them.
        """
        message = self._message = self._message or _Message()
        start = 0
        while start < len(data):
            # Heads and chunked bodies end with a line, and httptools does not say where in its data they end.
            chunk_end = min(start + message.chunk_left, len(data))
            end = data.find(b"\n", chunk_end) + 1 or len(data)
            if self._head is None and message.size + end - start > limits.HEAD_LIMIT:
                return limits.large_head()
            try:
                message.feed(data[start:end])
                if self._head is not None:
                    message.read_size(chunk_end - start, data[chunk_end:end])
                if self._head is None and message.head_complete:
                    head = message.head(self._scheme, self._host)
                    if head.length is None and message.complete:
                        # httptools takes no body from a request that asks for another protocol.
                        return malformed("The server speaks no other protocol; send a chunked body without `Upgrade`.")
                    if head.length is not None:
                        self._message = None
                        if raw is not None and end == len(raw):
                            self._known.keep(raw, self._host, head)
                        return self._begin_body(head, data, end)
                    self._head, self.expects_continue = head, head.expects
            except (httptools.HttpParserError, ValueError) as error:
                is_hello = self._scheme == "http" and message.size == end - start and data.startswith(_TLS_HELLO)
                return malformed(_HTTPS if is_hello else f"{_NO_REQUEST}: {error}.")
            start = end
            if message.complete and self._head is not None:
                request = self._head, bytes(message.body)
                self._head = self._message = None
                self.rest = data[end:]
                return request
            if len(message.body) > self._body_limit:
                return too_large(self._body_limit)
            if self._head is not None and message.framing > limits.HEAD_LIMIT + _FRAMING * len(message.body):
                return limits.large_head()
            self.expects_continue = self.expects_continue and not message.body
        return None

    def _begin_body(self, head: RequestHead, data: bytes, start: int) -> tuple[RequestHead, bytes] | Response | None:
        """Read the body of a head, from a position in the data."""
        length = head.length or 0
        if length > self._body_limit:
            self._head = head
            return too_large(self._body_limit)
        if (end := start + length) <= len(data):
            self.rest = data[end:]
            return head, data[start:end]
        self._head, self._body = head, bytearray(data[start:])
        self.expects_continue = head.expects and not self._body
        return None

    def _read_body(self, head: RequestHead, data: bytes) -> tuple[RequestHead, bytes] | None:
        """Read more of a body whose length is known."""
        missing = (head.length or 0) - len(self._body)
        self._body += data[:missing]
        if missing > len(data):
            return None
        request = head, bytes(self._body)
        self._head, self._body = None, bytearray()
        self.rest = data[missing:]
        return request


class _Message:
    """A message in httptools, which calls the methods `on_…` with what it finds."""

    def __init__(self) -> None:
        self._parser = httptools.HttpRequestParser(self)
        # The method, up to the space that follows it.
        self._method = b""
        self._target = b""
        self._headers: list[tuple[str, str]] = []
        self._line = b""
        self.size = 0
        self.body = bytearray()
        # How much of the data of a chunk, and of the end of its line, is still to come.
        self.chunk_left = 0
        self._in_trailer = False
        self.head_complete = self.complete = self._keep_alive = False

    @property
    def framing(self) -> int:
        """The length of all but the body, in bytes."""
        return self.size - len(self.body)

    def feed(self, data: bytes) -> None:
        """Parse some bytes, which end with the first line in them.

        Raises:
            httptools.HttpParserError: If they are not valid.
            ValueError: For something that is no method.
        """
        self.size += len(data)
        if not self._method.endswith(b" "):
            data = self._take_method(data)
        elif self._in_trailer and data[:1] not in b"\r\n":
            # With a hyphen more in its name, a trailer is none that means something to httptools, as Content-Length is.
            data = data[:1] + b"-" + data[1:]
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # The request is answered as if it had not asked for another protocol.
            return

    def _take_method(self, data: bytes) -> bytes:
        """Keep the method; return what httptools is to read in place of it and what follows."""
        method, space, rest = (self._method + data).partition(b" ")
        if not _METHOD.fullmatch(method):
            raise ValueError("it does not begin with a method in upper case")
        self._method = method + space
        return _STAND_IN + rest if space else b""

    def known_line(self) -> tuple[str, str]:
        """The method and the path, as far as they are known."""
        method, target = self._method.rstrip().decode("ascii"), self._target.decode("latin-1")
        # The user of a URL, and a token in a query, are not kept.
        path = target.partition("?")[0][:_PATH_LENGTH] if target.startswith("/") else ""
        return method or _UNKNOWN, path or _UNKNOWN

    def read_size(self, count: int, line: bytes) -> None:
        """Read the size of the next chunk, so that its data need not be searched for the end of the message.

        Args:
            count: How many bytes of the latest chunk httptools has accepted.
            line: What it has accepted of the line with the size, or of the trailer.

        Raises:
            ValueError: For a line without a size.
        """
        self.chunk_left -= count
        if self._in_trailer:
            return
        self._line += line
        if self._line.endswith(b"\n"):
            size = int(self._line.partition(b";")[0], 16)
            self.chunk_left = size + len(b"\r\n") if size else 0
            self._in_trailer = not size
            self._line = b""

    def head(self, scheme: str, host: str) -> RequestHead:
        """The head, once it is complete.

        Raises:
            ValueError: For one that is not valid here.
        """
        if not self._target.isascii():
            raise ValueError("its target has characters that are not ASCII; percent-encode them")
        method, target = self._method.rstrip().decode("ascii"), self._target.decode("ascii")
        version = self._parser.get_http_version()
        return read_head(method, target, version, self._headers, self._keep_alive, scheme, host)

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        # Trailers may not change what has been decided by the head.
        if not self.head_complete:
            self._headers.append((name.decode("latin-1").lower(), value.decode("latin-1").rstrip(" \t")))

    def on_headers_complete(self) -> None:
        self.head_complete = True
        # At the end of the message, the parser forgets whether to keep the connection.
        self._keep_alive = self._parser.should_keep_alive()

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.complete = True
