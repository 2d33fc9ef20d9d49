"""One output on its way, over as many requests as it takes, as a flow."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import IO, Any

import httpx

from .._service.spec import spec
from .._steps import Close, Download, Flow, Open, Read, Sleep, Work
from .._version import USER_AGENT
from ..errors import (
    APIError,
    MalformedResponseError,
    RateLimitError,
    TransportError,
    ZeroscopeError,
    class_for,
    excerpt,
)
from ..options import OnProgress
from ..retry import retry_after
from .request import Sender

log = logging.getLogger("zeroscope")

# Compressed, the length that the server names would not be the file's.
_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "User-Agent": USER_AGENT}
_TROUBLE = (httpx.HTTPError, httpx.InvalidURL, UnicodeError)
# These come of the address or the request and would come again.
_LASTING = (httpx.UnsupportedProtocol, httpx.LocalProtocolError)
_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18}|\*)")
_VALIDATORS = ("etag", "last-modified")
_REMOVED = "the service removes videos after {:.0f} minutes; create it anew"
_HINTS = {
    401: f"it is gone, or not for this token; {_REMOVED}",
    403: f"it is gone, or not for this token; {_REMOVED}",
    404: _REMOVED,
    410: _REMOVED,
}


class Transfer:
    """The fetching of one output into a file.

    What an attempt fails with is returned where another one may help, and raised where not. So nothing that the
    callback raises is ever taken for trouble with the network.

    Args:
        sender: Tells when to try again, and holds the token.
        url: Where the output is.
        file: Where it goes, at the beginning.
        on_progress: Called with the bytes that have come and those that there are, or None where that is not known.
    """

    def __init__(self, sender: Sender, url: str, file: IO[bytes], on_progress: OnProgress | None) -> None:
        self._sender = sender
        self._url = url
        self._name = sender.answers.blot(excerpt(url))
        self._file = file
        self._on_progress = on_progress
        self._received = 0
        self._total: int | None = None
        # What the server calls the file that the beginning is of.
        self._version: Mapping[str, str] = {}
        self._takes_ranges = True

    def flow(self) -> Flow[None]:
        """Fetch it: attempts count anew after one that got further, for as long as the service keeps its files."""
        sender = self._sender
        until = sender.clock.monotonic() + _retention()
        attempt = furthest = 0
        while (failure := (yield from self._attempt())) is not None:
            attempt += 1
            if self._received > furthest:
                furthest, attempt = self._received, 1
            if sender.retry is None or attempt >= sender.retry.attempts:
                raise failure
            asked = failure.retry_after if isinstance(failure, RateLimitError) else None
            pause = sender.retry.pause(attempt, spread=sender.random(), asked=asked)
            if sender.clock.monotonic() + pause >= until:
                raise failure
            log.debug("%s; next attempt in %.2f s", failure, pause)
            yield Sleep(pause)

    def _attempt(self) -> Flow[ZeroscopeError | None]:
        """Fetch what is missing, and return why that did not succeed this time."""
        try:
            download, ranged = yield from self._ask()
        except _TROUBLE as error:
            return self._not_begun(error)
        try:
            response = download.response
            if response.status_code == 200:
                yield Work(partial(self._start_over, response))
            elif not (response.status_code == 206 and ranged):
                return (yield from self._refused(download))
            if (encoding := response.headers.get("content-encoding", "identity")) != "identity":
                # Nobody asked for it, and one that is cut short cannot be told from a whole one.
                raise self._malformed(f"compressed with {encoding}")
            while True:
                try:
                    chunk: bytes | None = yield Read(download)
                except _TROUBLE as error:
                    return self._ended(error)
                if chunk is None:
                    return self._ended(None)
                yield Work(partial(self._file.write, chunk))
                self._received += len(chunk)
                if self._on_progress is not None:
                    self._on_progress(self._received, self._total)
        finally:
            yield from _close(download)

    def _ask(self) -> Flow[tuple[Download, bool]]:
        """Ask for what is missing, or else for the whole, and tell whether a part, if one comes, is the right one."""
        validator = _validator(self._version) if self._received and self._takes_ranges else None
        # Without one, the rest of a file that was replaced meanwhile could be glued to the beginning of the old one.
        if validator is not None:
            headers = {**_HEADERS, "Range": f"bytes={self._received}-", "If-Range": validator}
            download = yield from self._open(headers)
            status = download.response.status_code
            if status != 416 and not (status == 206 and not self._continues(download.response)):
                return download, True
            log.debug("%s: the server has no such part of it, starting over", self._name)
            yield from _close(download)
            # A server that was wrong about a part once is not asked for parts any more.
            self._takes_ranges = False
        return (yield from self._open(_HEADERS)), False

    def _open(self, headers: Mapping[str, str]) -> Flow[Download]:
        """Begin a download without the token, and once more with it where the service itself wants one."""
        download: Download = yield Open(self._url, headers)
        if _may_have_token(download.response):
            yield from _close(download)
            download = yield Open(str(download.response.url), headers, self._sender.answers.token)
            if (following := download.response.next_request) is not None:
                yield from _close(download)
                download = yield Open(str(following.url), headers)
        return download

    def _start_over(self, response: httpx.Response) -> None:
        """Forget what came before, for an answer that holds the whole file."""
        self._file.seek(0)
        self._file.truncate()
        self._received = 0
        named = response.headers.get("content-length", "")
        self._total = int(named) if named.isdecimal() else None
        self._version = {name: response.headers[name] for name in _VALIDATORS if name in response.headers}

    def _continues(self, response: httpx.Response) -> bool:
        """Whether a part follows on what is there, and is of the same file; if so, it tells how long that is."""
        found = _CONTENT_RANGE.fullmatch(response.headers.get("content-range", "").strip())
        if not found or int(found[1]) != self._received:
            return False
        total = self._total if found[2] == "*" else int(found[2])
        if total is None or self._total not in {None, total}:
            return False
        # There are servers that do not know If-Range and send a part of whatever they have now.
        if any(response.headers.get(name, value) != value for name, value in self._version.items()):
            return False
        self._total = total
        return True

    def _ended(self, error: Exception | None) -> ZeroscopeError | None:
        """What is wrong with the file once no more of it comes: nothing, if it is whole."""
        received, total = self._received, self._total
        if received == total or (total is None and error is None):
            if not received:
                raise self._malformed("no video")
            return None
        if total is not None and received > total:
            self._version = {}
        came = f"{received} bytes came" if total is None else f"{received} of {total} bytes came"
        why = "" if error is None else f", then {self._words(error)}"
        return self._failure(f"was cut short: {came}{why}; try it again {_in_time()}", error)

    def _not_begun(self, error: Exception) -> ZeroscopeError:
        """What to say of a request that was not answered.

        Raises:
            TransportError: If it never will be.
        """
        if isinstance(error, httpx.TransportError) and not isinstance(error, _LASTING):
            begun = f"did not go on after {self._received} bytes" if self._received else "did not begin"
            return self._failure(f"{begun}: {self._words(error)}; try it again {_in_time()}", error)
        raise self._failure(f"did not begin: {self._words(error)}; nothing can be fetched from this address", error)

    def _refused(self, download: Download) -> Flow[APIError]:
        """What to say of an answer that is no file.

        Raises:
            APIError: If it will stay so.
        """
        response, start = download.response, b""
        with suppress(*_TROUBLE):
            start = (yield Read(download)) or b""
        blot = self._sender.answers.blot
        body = blot(start.decode("utf-8", errors="replace"))
        details: dict[str, Any] = {
            "request": f"GET {self._name}",
            "status_code": response.status_code,
            "headers": {name.lower(): blot(value) for name, value in response.headers.items()},
            "body": body,
        }
        cls = class_for(response.status_code)
        if cls is RateLimitError:
            details["retry_after"] = retry_after(details["headers"], body, None, self._sender.clock.time())
        elif response.status_code in _HINTS:
            details["hint"] = _HINTS[response.status_code].format(_retention() / 60)
        error = cls(**details)
        if response.status_code in {408, 429} or response.status_code >= 500:
            return error
        raise error

    def _failure(self, problem: str, cause: Exception | None) -> TransportError:
        error = TransportError(f"the download of {self._name} {problem}")
        error.__cause__ = cause
        return error

    def _malformed(self, reason: str) -> MalformedResponseError:
        return MalformedResponseError(request=f"GET {self._name}", status_code=200, body="", reason=reason)

    def _words(self, error: Exception) -> str:
        return self._sender.answers.blot(str(error)) or type(error).__name__


def _validator(version: Mapping[str, str]) -> str | None:
    """By what a server can tell that a file is still the same, byte for byte: a weak ETag does not promise that."""
    etag = version.get("etag", "")
    return etag if etag.startswith('"') else version.get("last-modified")


def _may_have_token(response: httpx.Response) -> bool:
    """Whether the service itself has refused a download, over a connection that nobody else reads."""
    url = response.url
    # The one place besides the API that may see the token, and only if it refuses.
    host = spec()["info"]["x-replicate"]["output-host"]
    is_its_own = url.host == host or url.host.endswith(f".{host}")
    is_safe = url.scheme == "https" and url.port in {None, 443} and not url.userinfo
    return response.status_code in {401, 403} and is_its_own and is_safe


def _close(download: Download) -> Flow[None]:
    """End a download; how that goes changes nothing about what has come of it."""
    with suppress(httpx.HTTPError):
        yield Close(download)


def _retention() -> float:
    """How long the service keeps a file, in seconds."""
    return float(spec()["info"]["x-replicate"]["retention-seconds"])


def _in_time() -> str:
    return f"within the {_retention() / 60:.0f} minutes for which the service keeps a video"
