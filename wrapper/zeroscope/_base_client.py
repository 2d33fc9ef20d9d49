"""What both clients are made of."""

from __future__ import annotations

import random as _random
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from os import PathLike
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import httpx

from ._config import settle
from ._flows import create as _flows
from ._flows import wait as _waiting
from ._flows.request import Sender
from ._flows.wait import WAITING, Waiting
from ._service import validation as _input
from ._service.api import PredictionModel
from ._service.responses import Answers
from ._steps import Flow, Stream
from ._version import USER_AGENT
from .clock import Clock, SystemClock
from .errors import InvalidField, InvalidInputError
from .options import BatchOptions, CreateOptions, RunOptions
from .polling import DEFAULT_POLLING, Polling
from .retry import DEFAULT_RETRY, Retry
from .state import PredictionState

if TYPE_CHECKING:
    from ._disk.journal import BatchJournal
    from .results import RunResult

Http = TypeVar("Http", httpx.Client, httpx.AsyncClient)
P = TypeVar("P", bound=PredictionState)


class Client(ABC, Generic[Http]):
    """A client before it is known how it gets at the network."""

    def __init__(
        self,
        token: str | None = None,
        *,
        base_url: str | None = None,
        version: str | None = None,
        timeout: float | httpx.Timeout | None = None,
        http_client: Http | None = None,
        retry: Retry | None = DEFAULT_RETRY,
        poll: Polling = DEFAULT_POLLING,
        clock: Clock | None = None,
        random: Callable[[], float] = _random.random,
    ) -> None:
        self._settings = settle(token, base_url, version, timeout)
        self._clock = clock or SystemClock()
        self._poll = poll
        self._sender = Sender(
            clock=self._clock,
            random=random,
            retry=retry,
            answers=Answers(self._settings.token, self._settings.base_url),
            owner=weakref.ref(self),
        )
        self._begin(http_client)

    @abstractmethod
    def _begin(self, http_client: Http | None) -> None:
        """Set up what goes over the HTTP client."""

    @property
    def base_url(self) -> str:
        """The address of the service."""
        return self._settings.base_url

    @property
    def version(self) -> str:
        """The ID of the model version that is run unless another is named."""
        return self._settings.version

    @property
    def user_agent(self) -> str:
        """What the client calls itself in every request: its name and version."""
        return USER_AGENT

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.base_url}>"

    def _run(self, new: Callable[[PredictionModel], P], arguments: Mapping[str, Any]) -> Flow[P]:
        """The flow that creates a prediction and waits for its videos."""
        options: Any = {name: value for name, value in arguments.items() if name in RunOptions.__annotations__}
        input = {name: value for name, value in arguments.items() if name not in options}
        waiting = Waiting(self._poll, **{name: options.pop(name) for name in WAITING if name in options})
        preparing = _flows.prepare(self._sender, self.version, input, options)
        return _waiting.run(self._sender, preparing, new, waiting)

    def _upscale(
        self, new: Callable[[PredictionModel], P], draft: Any, strength: float, arguments: Mapping[str, Any]
    ) -> Flow[P]:
        """The flow that makes large videos of a draft."""
        from ._flows.upscale import upscaling

        return (yield from self._run(new, (yield from upscaling(self._sender, draft, strength, arguments))))

    def _batch(
        self, new: Callable[[PredictionModel], P], inputs: Iterable[Any], options: BatchOptions
    ) -> Stream[RunResult[P, Any]]:
        """The flow that runs many inputs and tells of each as it ends."""
        # Most programs make one video at a time.
        from ._flows.batch.item import Setup
        from ._flows.batch.scheduler import Batch

        if isinstance(inputs, str | bytes | Mapping) or not isinstance(inputs, Iterable):
            fault = f"{inputs!r:.80} is not a list of inputs"
            raise InvalidInputError([InvalidField("invalid_type", "inputs", fault)])
        given: dict[str, Any] = dict(options)
        if faults := _input.unknown_options(given, BatchOptions.__annotations__):
            raise InvalidInputError(faults)
        waiting = Waiting(self._poll, **{name: given[name] for name in WAITING if name in given})
        creating: Any = {name: value for name, value in given.items() if name in CreateOptions.__annotations__}
        version = creating.pop("version", None) or self.version
        journal = options.get("journal")
        setup = Setup(
            sender=self._sender,
            prepare=lambda input: _flows.prepare(self._sender, version, input, creating),
            describe=lambda input: _flows.describe(version, input, creating),
            new=new,
            waiting=waiting,
            concurrency=_concurrency(options.get("concurrency", 100)),
            open_journal=None if journal is None else partial(_open_journal, journal, self.base_url),
        )
        return Batch(setup).flow(list(inputs))


def _open_journal(path: str | PathLike[str], base_url: str) -> BatchJournal:
    # Not everybody keeps one, and SQLite takes its time to load.
    from ._disk.journal import BatchJournal

    return BatchJournal(path, base_url=base_url)


def _concurrency(number: object) -> int:
    if isinstance(number, bool) or not isinstance(number, int) or number < 1:
        fault = f"{number!r} is not a number of predictions, 1 or more"
        raise InvalidInputError([InvalidField("invalid_type", "concurrency", fault)])
    return number
