"""The transfer of one output, over as many requests as it takes."""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import httpx

from .. import errors
from .._constants import USER_AGENT
from .._disk.media_types import START_LENGTH, is_markup
from .._service.responses import error_class
from .._service.spec import spec
from .._steps import Close, Download, Flow, Open, Read, Sleep
from .._text import excerpt, log
from ..options import DownloadOptions
from ..retry import is_transient, retry_after
from ..state import retention_seconds
from .rate_meter import WINDOW, RateMeter
from .request import Attempts, Sender

# With compression, the Content-Length would not be the file's length.
_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": USER_AGENT}
_HTTP_ERRORS = (httpx.HTTPError, httpx.InvalidURL, UnicodeError)
# These are caused by the URL or the request, and would occur again.
_PERMANENT = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)
# How much of a body that is no file is put into an error, in bytes.
_EXCERPT = 64 * 1024
TOO_LARGE = "its length is {} bytes; pass a larger max_bytes to accept it"
_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18}|\*)")
_REMOVED = "the service removes videos after {:.0f} minutes; create it again"
_REFUSED = f"it was removed, or the token lacks the permission; {_REMOVED}"
_HINTS = {401: _REFUSED, 403: _REFUSED, 404: _REMOVED, 410: _REMOVED}


class Sink(ABC):
    """The target of a transfer; both methods are flows."""

    @abstractmethod
    def write(self, piece: bytes) -> Any:
        """Append a piece."""

    def restart(self) -> Flow[bool]:
        """Discard what was written so far; the result is whether that is possible."""
        yield from ()
        return False


class Transfer:
    """Downloads one output into a sink.

    An attempt returns an error if another attempt may help, and raises it otherwise, so that an exception of the
    callback is never mistaken for a network error.

    Args:
        limit: The largest file that is accepted, in bytes.
    """

    def __init__(self, sender: Sender, url: str, sink: Sink, options: DownloadOptions, limit: int) -> None:
        self._sender = sender
        self._clock = sender.clock
        self._url = url
        self._name = sender.parser.redact(excerpt(url))
        self._sink = sink
        self._on_progress = options.on_progress
        self._limit = limit
        self._least_rate = options.min_rate
        # The number of bytes of the current response's file up to here, and of those that the sink has.
        self._received = self._written = 0
        self._total: int | None = None
        # The validators of the file to which the written bytes belong.
        self._version: Mapping[str, str] = {}
        self._accepts_ranges = True
        self._is_slow = False
        # The first bytes of the file, until they tell that it is none.
        self._start: bytes | None = b""

    def flow(self) -> Flow[None]:
        """Download the output; attempts count from 1 again after progress, for as long as the service keeps files."""
        began = self._clock.monotonic()
        until = began + retention_seconds()
        attempts = Attempts(self._sender, until, shared=False)
        furthest = 0
        while (error := (yield from self._attempt())) is not None:
            # Progress that is too slow would go on for ever.
            if self._written > furthest and not self._is_slow:
                furthest = self._written
                attempts.restart()
            yield Sleep(attempts.pause_or_raise(error))
        log.debug("GET %s: received %d bytes within %.3f s", self._name, self._written, self._clock.monotonic() - began)

    def _attempt(self) -> Flow[errors.ZeroscopeError | None]:
        """Fetch what is missing, and return the error if that failed."""
        try:
            download, ranged = yield from self._request()
        except _HTTP_ERRORS as error:
            return self._not_begun(error)
        try:
            response = download.response
            if response.status_code == 200:
                yield from self._begin(download)
            elif not (response.status_code == 206 and ranged):
                return (yield from self._refused(download))
            elif download.is_encoded:
                raise self._malformed("a part of a compressed file")
            return (yield from self._receive(download))
        finally:
            yield from _close(download)

    def _receive(self, download: Download) -> Flow[errors.ZeroscopeError | None]:
        """Write the body to the sink, and return the error if it was not complete."""
        meter = RateMeter(self._clock, self._least_rate)
        self._is_slow = False
        while True:
            try:
                until = self._clock.monotonic() + WINDOW if self._least_rate else math.inf
                piece: bytes | None = yield Read(download, until)
            except httpx.DecodingError as error:
                raise self._malformed(str(error)) from error
            except _HTTP_ERRORS as error:
                self._is_slow = meter.is_low
                return self._ended(error)
            self._require_video(download.response, piece)
            if piece is None:
                return self._ended(None)
            yield from self._write(piece)
            meter.add(len(piece))
            if meter.is_low:
                self._is_slow = True
                return self._failure(f"was too slow: {meter}", None)

    def _write(self, piece: bytes) -> Flow[None]:
        """Write what is new in a piece to the sink."""
        known = self._written - self._received
        self._received += len(piece)
        if self._received > self._limit:
            raise self._too_large(f"more than {self._limit}")
        if self._received > self._written:
            yield from self._sink.write(piece[known:] if known else piece)
            self._written = self._received
            if self._on_progress is not None:
                self._on_progress(self._received, self._total)

    def _request(self) -> Flow[tuple[Download, bool]]:
        """Request the missing part or the whole file, and return whether a 206 holds the right part."""
        validator = _validator(self._version) if self._written and self._accepts_ranges else None
        # Without one, the rest of a file that was replaced meanwhile could be appended to the start of the old one.
        if validator is not None:
            headers = {**_HEADERS, "Range": f"bytes={self._written}-", "If-Range": validator}
            download = yield from self._open(headers)
            status = download.response.status_code
            if status != 416 and not (status == 206 and not self._continues(download.response)):
                self._received = self._written
                return download, True
            log.debug("%s: the server has no such range, starting over", self._name)
            yield from _close(download)
            # A server that sent a wrong range once is not asked for ranges again.
            self._accepts_ranges = False
        return (yield from self._open(_HEADERS)), False

    def _open(self, headers: Mapping[str, str]) -> Flow[Download]:
        """Open a download without the token, and once more with it if the service itself requires one."""
        download: Download = yield Open(self._url, headers)
        if _may_receive_token(download.response):
            yield from _close(download)
            download = yield Open(str(download.response.url), headers, self._sender.parser.token)
        return download

    def _begin(self, download: Download) -> Flow[None]:
        """Prepare for a response with the whole file, from which the sink may have the first bytes already."""
        headers = download.response.headers
        version = {name: headers[name] for name in ("etag", "last-modified") if name in headers}
        named = headers.get("content-length", "")
        # The length of a compressed file is not the file's, and its parts cannot be joined.
        total = int(named) if named.isdecimal() and not download.is_encoded else None
        if self._written:
            has_length = None in {total, self._total} or total == self._total
            is_same = _validator(version) is not None and version == self._version and has_length
            if (yield from self._sink.restart()):
                self._written = 0
            elif not is_same or download.is_encoded:
                raise self._failure(
                    f"was cut short after {self._written} bytes, and cannot be resumed, as the server does not confirm "
                    "that the file is the same; download it again",
                    None,
                )
        self._received = 0
        self._start = b""
        self._total = total
        self._version = {} if download.is_encoded else version
        if self._total is not None and self._total > self._limit:
            raise self._too_large(f"{self._total}, more than {self._limit}")

    def _require_video(self, response: httpx.Response, piece: bytes | None) -> None:
        """Raise an error for a page of text in the place of a file, such as that of a proxy or a login.

        Args:
            response: The response, which names the media type.
            piece: The next piece; None at the end.
        """
        if self._start is None:
            return
        self._start += (piece or b"")[:START_LENGTH]
        if piece is not None and len(self._start) < START_LENGTH:
            return
        media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if self._start and is_markup(self._start, media_type):
            whole = self._start if piece is None else piece
            raise self._malformed(f"a text of type {media_type or 'unknown'}, not a file", whole)
        self._start = None

    def _continues(self, response: httpx.Response) -> bool:
        """Whether a partial response continues the received bytes of the same file; if so, record the total."""
        found = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", "").strip())
        if not found or int(found[1]) != self._written:
            return False
        total = self._total if found[2] == "*" else int(found[2])
        if total is None or self._total not in {None, total}:
            return False
        # Some servers ignore If-Range and send a range of whatever file they have now.
        if any(response.headers.get(name, value) != value for name, value in self._version.items()):
            return False
        self._total = total
        return True

    def _ended(self, error: Exception | None) -> errors.ZeroscopeError | None:
        """Return the error for a body that ended, or None if the file is complete."""
        received, total = self._received, self._total
        if received == total or (total is None and error is None):
            if not received:
                raise self._malformed("no video", b"")
            return None
        if total is not None and received > total:
            self._version = {}
        got = f"received {received} bytes" if total is None else f"received {received} of {total} bytes"
        why = "" if error is None else f", then {self._text_of(error)}"
        return self._failure(f"was cut short: {got}{why}; {_try_again()}", error)

    def _not_begun(self, error: Exception) -> errors.ZeroscopeError:
        """Return the error for a request without a response, or raise it if another attempt cannot help."""
        if isinstance(error, httpx.TransportError) and not isinstance(error, _PERMANENT):
            begun = f"did not go on after {self._written} bytes" if self._written else "did not begin"
            return self._failure(f"{begun}: {self._text_of(error)}; {_try_again()}", error)
        raise self._failure(f"did not begin: {self._text_of(error)}; nothing can be downloaded from this URL", error)

    def _refused(self, download: Download) -> Flow[errors.APIError]:
        """Return the error for a response that is not a file, or raise it if another attempt cannot help."""
        response, start = download.response, b""
        with suppress(*_HTTP_ERRORS):
            start = (yield Read(download, self._clock.monotonic() + WINDOW)) or b""
        redact = self._sender.parser.redact
        body = redact(start[:_EXCERPT].decode("utf-8", errors="replace"))
        details: dict[str, Any] = {
            "request": f"GET {self._name}",
            "status_code": response.status_code,
            "headers": {name.lower(): redact(value) for name, value in response.headers.items()},
            "body": body,
        }
        cls = error_class(response.status_code)
        if cls is errors.RateLimitError:
            details["retry_after"] = retry_after(details["headers"], body, None, self._clock.time())
        elif response.status_code in _HINTS:
            details["hint"] = _HINTS[response.status_code].format(retention_seconds() / 60)
        error = cls(**details)
        if is_transient(error):
            return error
        raise error

    def _failure(self, problem: str, cause: Exception | None) -> errors.TransportError:
        error = errors.TransportError(f"the download of {self._name} {problem}")
        error.__cause__ = cause
        return error

    def _malformed(self, reason: str, start: bytes = b"[not read]") -> errors.MalformedResponseError:
        body = self._sender.parser.redact(start[:_EXCERPT].decode("utf-8", errors="replace"))
        return errors.MalformedResponseError(request=f"GET {self._name}", status_code=200, body=body, reason=reason)

    def _too_large(self, size: str) -> errors.MalformedResponseError:
        return self._malformed(TOO_LARGE.format(size))

    def _text_of(self, error: Exception) -> str:
        return self._sender.parser.redact(str(error)) or type(error).__name__


def _validator(version: Mapping[str, str]) -> str | None:
    """Return the validator for If-Range; a weak ETag does not promise that the file is the same byte for byte."""
    etag = version.get("etag", "")
    return etag if etag.startswith('"') else version.get("last-modified")


def _may_receive_token(response: httpx.Response) -> bool:
    """Whether the service itself has refused a download, over an encrypted connection."""
    url = response.url
    # The only host besides the API that may receive the token, and only after it refused.
    host = spec()["info"]["x-replicate"]["output-host"]
    is_its_own = url.host == host or url.host.endswith(f".{host}")
    is_safe = url.scheme == "https" and url.port in {None, 443} and not url.userinfo
    return response.status_code in {401, 403} and is_its_own and is_safe


def _close(download: Download) -> Flow[None]:
    """Close a download; an error while closing changes nothing about its result."""
    with suppress(httpx.HTTPError):
        yield Close(download)


def _try_again() -> str:
    return f"try again within the {retention_seconds() / 60:.0f} minutes for which the service keeps a video"
