"""Responses that are opened and read while their flows do other things."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, NamedTuple, TypeAlias

from .._steps import Close, Download, Open, OpenAhead, Read, ReadAhead, WaitForAny
from ..clock import Clock
from .in_process import InProcessBody, body_of

WATCH_INTERVAL = 0.1
"""How long a clock of the caller's is slept on between two looks at what has arrived, in seconds."""
# How much is read ahead of the flow that takes it, in bytes.
_MAX_LENGTH = 1024 * 1024


class WaitForRoom(NamedTuple):
    """Waits until a flow has taken some of what was read ahead, or has closed it; a step for the drivers alone."""

    download: ReadAhead


ReadingAhead: TypeAlias = Generator[Open | Read | Close | WaitForRoom, Any, None]


def read_ahead(step: OpenAhead) -> ReadingAhead:
    """Open a response and put in what arrives, until it ends or is closed."""
    download, open = step.download, step.open
    try:
        opened: Download = yield open
        download.opened = opened
        try:
            # The head may be all that the flow needs.
            download.put(b"")
            while not download.is_closed and (piece := (yield Read(opened, open.until))) is not None:
                download.put(piece)
                if is_full(download):
                    yield WaitForRoom(download)
        finally:
            yield Close(opened)
    except Exception as error:
        download.put(error)
    finally:
        # Also if it is closed with its client, and the flow does not know yet.
        download.put(None)


def open_inline(step: OpenAhead) -> Generator[Open, Any, None]:
    """Open a response that is not read in the background, within a time that does not hold up its flow."""
    download, url, headers = step.download, step.open.url, step.open.headers
    until = min(step.open.until, step.until)
    try:
        download.opened = yield Open(url, headers, until=until, is_patient=step.open.is_patient)
    except Exception as error:
        download.put(error)
    else:
        download.put(b"")


def is_full(download: ReadAhead) -> bool:
    return download.size > _MAX_LENGTH and not download.is_closed


def ready(step: WaitForAny) -> list[ReadAhead]:
    """Return the responses that have something to take."""
    return [download for download in step.downloads if download.has_piece or _is_ready_inline(download)]


def _is_ready_inline(download: ReadAhead) -> bool:
    if not download.is_inline or download.opened is None:
        return False
    # Whether that of another transport can be read without a wait is not known.
    body = body_of(download.opened)
    return body is None or body.is_ready()


def body_to_pause(step: WaitForAny, clock: Clock) -> InProcessBody | None:
    """Return the body of the mock server whose pauses move the client's clock, if it waits for one."""
    bodies = (body_of(download.opened) for download in step.downloads if download.opened is not None)
    mocked = [body for body in bodies if body is not None and body.clock is clock]
    return min(mocked, key=lambda body: body.due, default=None)
