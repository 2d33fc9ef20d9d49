"""Event streams of the predictions of a batch, while only a few are running."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

from ..._service.api import PredictionModel
from ..._steps import Flow, Sleep, WaitForAny
from ...state import PredictionState
from ..event_stream import EventStream
from ..request import Sender
from ..wait import WaitOptions
from .item import Item

P = TypeVar("P", bound=PredictionState)

# While more predictions are running, no stream is opened: one poll of the list shows them all.
_MOST = 8


class EventStreams(Generic[P]):
    """Follows the streams of running predictions beside the polls of their batch, which go on as without them."""

    def __init__(self, sender: Sender, options: WaitOptions) -> None:
        self._sender = sender
        self._clock = sender.clock
        self._options = options
        # By the items' indexes.
        self._streams: dict[int, EventStream] = {}

    def __iter__(self) -> Iterator[EventStream]:
        return iter(self._streams.values())

    def wait(self, items: Mapping[int, Item[P]], until: float) -> Flow[list[Item[P]]]:
        """Let time pass until a stream brings something; the result is the items whose logs have new lines.

        Items whose predictions may have ended are to be read.

        Args:
            items: The running items, by index.
            until: The moment on the monotonic clock up to which it waits.
        """
        if self._options.polling.stream and len(items) <= _MOST:
            yield from self._open(items, until)
            until = min([until, *(stream.reopen_at for stream in self)])
        downloads = [stream.download for stream in self if stream.download is not None]
        if not downloads:
            yield Sleep(max(until - self._clock.monotonic(), 0.0))
            return []
        ready = yield WaitForAny(downloads, until)
        changed: list[Item[P]] = []
        for index, stream in self._streams.items():
            if stream.download in ready:
                received = yield from stream.receive()
                items[index].to_read |= received.is_over
                if received.is_changed:
                    changed.append(items[index])
        return changed

    def compare(self, item: Item[P], model: PredictionModel) -> Flow[None]:
        """Compare what a poll has shown of an item's prediction with its stream, if there is one."""
        if (stream := self._streams.get(item.index)) is not None:
            yield from stream.compare(model)

    def close_ended(self, items: Mapping[int, Item[P]]) -> Flow[None]:
        """Close the streams of those predictions that are running no more."""
        for index in [index for index in self._streams if index not in items]:
            yield from self._streams.pop(index).close()

    def abandon(self) -> None:
        """Forget the streams, because no step can be carried out any more."""
        self._streams.clear()

    def _open(self, items: Mapping[int, Item[P]], until: float) -> Flow[None]:
        for index, item in items.items():
            if (stream := self._streams.get(index)) is None:
                end = item.began + self._options.limit
                stream = self._streams[index] = EventStream(self._sender, item.known, end)
            # Some connections cannot be opened in the background.
            if self._clock.monotonic() < until:
                yield from stream.open(until)
