"""The flow that follows a prediction, and yields its events."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from .._steps import Emit, Stream
from ..events import Event
from ..state import PredictionState
from .changes import ChangeDetector
from .context import attached
from .request import Sender
from .wait import Follower, WaitOptions

P = TypeVar("P", bound=PredictionState)


def follow(sender: Sender, prediction: P, options: WaitOptions) -> Stream[Event[P]]:
    follower = Follower(sender, prediction, options)
    detector: ChangeDetector[P] = ChangeDetector()
    with attached(prediction):
        try:
            yield from follower.begin()
            yield from _emit(follower, detector.compare(prediction))
            while follower.going_on:
                yield from follower.advance()
                yield from _emit(follower, detector.compare(prediction))
        except GeneratorExit:
            follower.abandon()
            raise
        finally:
            yield from follower.close()
    yield from follower.finish()


def _emit(follower: Follower, events: Iterable[Event[P]]) -> Stream[Event[P]]:
    """Emit events up to the timeout; those of a prediction that has ended are all emitted."""
    for event in events:
        yield Emit(event)
        if follower.is_late:
            return
