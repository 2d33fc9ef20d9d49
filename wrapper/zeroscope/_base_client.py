"""The base of both clients: settings, and the flows behind their methods."""

from __future__ import annotations

import random as _random
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any, Generic, Self, TypeVar

import httpx

from ._config import Config
from ._constants import USER_AGENT
from ._flows import create, wait
from ._flows.request import Sender
from ._numbers import conversion_hint, is_number, to_seconds
from ._pickling import Unpicklable
from ._service import validation
from ._service.api import PredictionModel
from ._service.responses import ResponseParser
from ._steps import Flow, Stream
from .clock import Clock, SystemClock
from .errors import ConfigurationError, invalid_argument
from .options import BatchOptions, CreateOptions, RunOptions, WaitArguments
from .polling import DEFAULT_POLLING, Polling
from .results import RunResult
from .retry import DEFAULT_RETRY, Retry
from .state import PredictionState

Http = TypeVar("Http", httpx.Client, httpx.AsyncClient)
P = TypeVar("P", bound=PredictionState)


class BaseClient(Unpicklable, ABC, Generic[Http]):
    """A client without its driver."""

    def __init__(
        self,
        token: str | None = None,
        *,
        base_url: str | None = None,
        version: str | None = None,
        timeout: float | timedelta | httpx.Timeout | None = None,
        http_client: Http | None = None,
        retry: Retry | None = DEFAULT_RETRY,
        poll: Polling = DEFAULT_POLLING,
        clock: Clock | None = None,
        random: Callable[[], float] = _random.random,
    ) -> None:
        self._config = Config(token, base_url, version, timeout)
        for name, value, cls in (("retry", retry or DEFAULT_RETRY, Retry), ("poll", poll, Polling)):
            if not isinstance(value, cls):
                raise ConfigurationError(f"{name}= should be a zeroscope.{cls.__name__}, not {value!r:.80}")
        if http_client is not None and not callable(getattr(http_client, "send", None)):
            raise ConfigurationError(f"http_client= should be an HTTP client of httpx, not {http_client!r:.80}")
        self._polling = poll
        self._sender = Sender(
            clock=clock or SystemClock(),
            random=random,
            retry=retry,
            parser=ResponseParser(self._config.token, self._config.base_url),
        )
        self._connect(http_client)

    @abstractmethod
    def _connect(self, http_client: Http | None) -> None:
        """Create the driver over an HTTP client, the caller's own if there is one."""

    @property
    def base_url(self) -> str:
        """The base URL of the service."""
        return self._config.base_url

    @property
    def version(self) -> str:
        """The model version that runs unless a call names another."""
        return self._config.version

    @property
    def user_agent(self) -> str:
        """The User-Agent of every request: the package's name and version."""
        return USER_AGENT

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.base_url}>"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def _run(self, new: Callable[[PredictionModel], P], arguments: Mapping[str, Any]) -> Flow[P]:
        options: Any = {name: value for name, value in arguments.items() if name in RunOptions.__annotations__}
        input = {name: value for name, value in arguments.items() if name not in options}
        creating: Any = {name: value for name, value in options.items() if name in CreateOptions.__annotations__}
        prepare = partial(create.prepare, self._sender, self.version, input, creating, RunOptions.__annotations__)
        return wait.run(self._sender, prepare, new, self._wait_options(options))

    def _wait_options(self, given: Mapping[str, Any]) -> wait.WaitOptions:
        named = {name: given[name] for name in WaitArguments.__annotations__ if name in given}
        options = wait.WaitOptions(self._polling, **named)
        hold: Any = to_seconds(given.get("prefer_wait"))
        if is_number(hold) and options.limit <= hold:
            raise invalid_argument(
                "timeout", f"{options.limit:g} s is over before the service answers, as prefer_wait is {hold:g} s"
            )
        return options

    def _upscale(
        self, new: Callable[[PredictionModel], P], draft: Any, strength: float, arguments: Mapping[str, Any]
    ) -> Flow[P]:
        from ._flows.upscale import upscaling_input

        return (yield from self._run(new, (yield from upscaling_input(self._sender, draft, strength, arguments))))

    def _batch(
        self, new: Callable[[PredictionModel], P], inputs: Iterable[Any], options: BatchOptions
    ) -> Stream[RunResult[P, Any]]:
        # Most programs make one video at a time.
        from ._flows.batch.scheduler import Batch

        if isinstance(inputs, str | bytes | Mapping) or not isinstance(inputs, Iterable):
            raise invalid_argument("inputs", f"{inputs!r:.80} is not a list of inputs")
        given: dict[str, Any] = dict(options)
        known = BatchOptions.__annotations__
        validation.raise_if_invalid(validation.unknown_options(given, known))
        waiting = self._wait_options(given)
        concurrency = options.get("concurrency", 100)
        if not is_number(concurrency, 1, integer=True):
            problem = f"{concurrency!r} is not a number of predictions, 1 or more{conversion_hint(concurrency)}"
            raise invalid_argument("concurrency", problem)
        creating: Any = {name: value for name, value in given.items() if name in CreateOptions.__annotations__}
        version = creating.pop("version", None)
        version = self.version if version is None else version
        open_journal = None
        if (journal := options.get("journal")) is not None:
            from ._disk.journal import BatchJournal

            open_journal = partial(BatchJournal, journal, base_url=self.base_url)
        batch = Batch(
            self._sender,
            prepare=lambda input, until: create.prepare(self._sender, version, input, creating, known, until),
            fingerprint=lambda input: create.fingerprint(version, input, creating, known),
            new=new,
            options=waiting,
            concurrency=concurrency,
            open_journal=open_journal,
        )
        return batch.stream(list(inputs))
