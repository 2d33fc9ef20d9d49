"""The transfer of one output into a file, over as many requests as it takes."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import IO, Any

import httpx

from .. import errors
from .._constants import USER_AGENT
from .._service.spec import spec
from .._steps import Close, Download, Flow, Open, Read, RunBlocking, Sleep
from ..options import OnProgress
from ..retry import is_transient, retry_after
from ..state import retention_seconds
from .request import Attempts, Sender

log = logging.getLogger("zeroscope")

# With compression, the Content-Length would not be the file's length.
_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": USER_AGENT}
_HTTP_ERRORS = (httpx.HTTPError, httpx.InvalidURL, UnicodeError)
# These are caused by the URL or the request, and would occur again.
_PERMANENT = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)
_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18}|\*)")
_REMOVED = "the service removes videos after {:.0f} minutes; create it again"
_REFUSED = f"it was removed, or the token lacks the permission; {_REMOVED}"
_HINTS = {401: _REFUSED, 403: _REFUSED, 404: _REMOVED, 410: _REMOVED}


class Transfer:
    """Downloads one output into a file.

    An attempt returns an error if another attempt may help, and raises it otherwise, so that an exception of the
    callback is never mistaken for a network error.
    """

    def __init__(self, sender: Sender, url: str, file: IO[bytes], on_progress: OnProgress | None) -> None:
        self._sender = sender
        self._url = url
        self._name = sender.parser.redact(errors.excerpt(url))
        self._file = file
        self._on_progress = on_progress
        self._received = 0
        self._total: int | None = None
        # The validators of the file to which the received bytes belong.
        self._version: Mapping[str, str] = {}
        self._accepts_ranges = True

    def flow(self) -> Flow[None]:
        """Download the output; attempts count from 1 again after progress, for as long as the service keeps files."""
        until = self._sender.clock.monotonic() + retention_seconds()
        attempts = Attempts(self._sender, until, shared=False)
        furthest = 0
        while (error := (yield from self._attempt())) is not None:
            if self._received > furthest:
                furthest = self._received
                attempts.restart()
            log.debug("%s", error)
            yield Sleep(attempts.pause_or_raise(f"GET {self._name}", error))

    def _attempt(self) -> Flow[errors.ZeroscopeError | None]:
        """Fetch what is missing, and return the error if that failed."""
        try:
            download, ranged = yield from self._request()
        except _HTTP_ERRORS as error:
            return self._not_begun(error)
        try:
            response = download.response
            if response.status_code == 200:
                yield RunBlocking(partial(self._start_over, response))
            elif not (response.status_code == 206 and ranged):
                return (yield from self._refused(download))
            if (encoding := response.headers.get("content-encoding", "identity")) != "identity":
                # It was not requested, and a truncated compressed file looks like a complete one.
                raise self._malformed(f"compressed with {encoding}")
            while True:
                try:
                    chunk: bytes | None = yield Read(download)
                except _HTTP_ERRORS as error:
                    return self._ended(error)
                if chunk is None:
                    return self._ended(None)
                yield RunBlocking(partial(self._file.write, chunk))
                self._received += len(chunk)
                if self._on_progress is not None:
                    self._on_progress(self._received, self._total)
        finally:
            yield from _close(download)

    def _request(self) -> Flow[tuple[Download, bool]]:
        """Request the missing part or the whole file, and return whether a 206 holds the right part."""
        validator = _validator(self._version) if self._received and self._accepts_ranges else None
        # Without one, the rest of a file that was replaced meanwhile could be appended to the start of the old one.
        if validator is not None:
            headers = {**_HEADERS, "Range": f"bytes={self._received}-", "If-Range": validator}
            download = yield from self._open(headers)
            status = download.response.status_code
            if status != 416 and not (status == 206 and not self._continues(download.response)):
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
            if (following := download.response.next_request) is not None:
                yield from _close(download)
                download = yield Open(str(following.url), headers)
        return download

    def _start_over(self, response: httpx.Response) -> None:
        """Discard the bytes received so far, before a response with the whole file."""
        self._file.seek(0)
        self._file.truncate()
        self._received = 0
        named = response.headers.get("content-length", "")
        self._total = int(named) if named.isdecimal() else None
        self._version = {name: response.headers[name] for name in ("etag", "last-modified") if name in response.headers}

    def _continues(self, response: httpx.Response) -> bool:
        """Whether a partial response continues the received bytes of the same file; if so, record the total."""
        found = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", "").strip())
        if not found or int(found[1]) != self._received:
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
                raise self._malformed("no video")
            return None
        if total is not None and received > total:
            self._version = {}
        got = f"received {received} bytes" if total is None else f"received {received} of {total} bytes"
        why = "" if error is None else f", then {self._text_of(error)}"
        return self._failure(f"was cut short: {got}{why}; {_try_again()}", error)

    def _not_begun(self, error: Exception) -> errors.ZeroscopeError:
        """Return the error for a request without a response, or raise it if another attempt cannot help."""
        if isinstance(error, httpx.TransportError) and not isinstance(error, _PERMANENT):
            begun = f"did not go on after {self._received} bytes" if self._received else "did not begin"
            return self._failure(f"{begun}: {self._text_of(error)}; {_try_again()}", error)
        raise self._failure(f"did not begin: {self._text_of(error)}; nothing can be downloaded from this URL", error)

    def _refused(self, download: Download) -> Flow[errors.APIError]:
        """Return the error for a response that is not a file, or raise it if another attempt cannot help."""
        response, start = download.response, b""
        with suppress(*_HTTP_ERRORS):
            start = (yield Read(download)) or b""
        redact = self._sender.parser.redact
        body = redact(start.decode("utf-8", errors="replace"))
        details: dict[str, Any] = {
            "request": f"GET {self._name}",
            "status_code": response.status_code,
            "headers": {name.lower(): redact(value) for name, value in response.headers.items()},
            "body": body,
        }
        cls = errors.class_for(response.status_code)
        if cls is errors.RateLimitError:
            details["retry_after"] = retry_after(details["headers"], body, None, self._sender.clock.time())
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

    def _malformed(self, reason: str) -> errors.MalformedResponseError:
        return errors.MalformedResponseError(request=f"GET {self._name}", status_code=200, body="", reason=reason)

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
