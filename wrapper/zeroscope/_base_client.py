"""The base of both clients: settings, and the flows behind their methods."""

from __future__ import annotations

import random as _random
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, Unpack

import httpx

from . import _logging
from ._config import Config, parse_timeout
from ._constants import USER_AGENT
from ._flows.request import Sender
from ._numbers import conversion_hint, is_number, to_seconds
from ._pickling import Unpicklable
from ._service.api import PredictionModel
from ._service.responses import ResponseParser
from ._steps import Flow, Stream
from .clock import Clock, SystemClock
from .errors import ConfigurationError, invalid_argument
from .options import STRENGTH, BatchOptions, ClientOptions, CreateOptions, RunOptions, WaitArguments, parse_headers
from .polling import DEFAULT_POLLING, Polling
from .retry import DEFAULT_RETRY, Retry
from .state import PredictionState

# What only creates and waits need is loaded by them.
if TYPE_CHECKING:
    from ._flows.wait import WaitOptions
    from .results import RunResult

Http = TypeVar("Http")
P = TypeVar("P", bound=PredictionState)

_logging.follow_environment()


class BaseClient(Unpicklable, ABC, Generic[Http]):
    """A client without its driver."""

    # Whether the connections are those of another client, which closes them.
    _shares_connections = False

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
        _require_policies(retry, poll)
        self._polling = poll
        self._sender = Sender(
            clock=clock or SystemClock(),
            random=random,
            retry=retry,
            parser=ResponseParser(self._config.token, self._config.base_url),
        )
        self._connect(http_client)
        self._bind()

    @abstractmethod
    def _connect(self, http_client: Http | None) -> None:
        """Create the HTTP clients, from the caller's own if there is one."""

    @abstractmethod
    def _bind(self) -> None:
        """Create the driver over the HTTP clients, and what uses it."""

    def with_options(self, **options: Unpack[ClientOptions]) -> Self:
        """Return a client with other settings that shares this one's connections, clock and pauses after a 429.

        Closing it closes nothing: the connections are closed with this client. With ``retry=None``, it keeps to no
        pause, but its 429s hold back the others.

        Args:
            options: As listed in `ClientOptions`: version, timeout, retry, poll, extra_headers. What is left out stays
                as it is; extra headers are added to those of this client.

        Raises:
            ConfigurationError: If an option cannot be used.
            InvalidInputError: If the extra headers cannot be used.

        Example:
            >>> patient = client.with_options(timeout=300, retry=Retry(attempts=10))
            >>> patient.predictions.get("gm3qorzdhgbfurvjtvhg6dckhu").status
            'succeeded'
        """
        if unknown := options.keys() - ClientOptions.__annotations__.keys():
            known = ", ".join(ClientOptions.__annotations__)
            raise ConfigurationError(f"with_options has no option {min(unknown)}; there are {known}")
        sender, changed = self._sender, dict[str, Any](options)
        retry, poll = changed.get("retry", sender.retry), changed.get("poll", self._polling)
        _require_policies(retry, poll)
        timeouts = parse_timeout(changed["timeout"]) if "timeout" in changed else sender.timeouts
        headers = {**sender.headers, **parse_headers(changed.get("extra_headers"))}
        # Not by the constructor, which a subclass may have changed.
        same = object.__new__(type(self))
        vars(same).update(vars(self))
        if "version" in changed:
            same._config = self._config.with_version(changed["version"])
        same._polling = poll
        same._sender = sender.replaced(retry=retry, timeouts=timeouts, headers=headers)
        same._shares_connections = True
        same._bind()
        return same

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

    def _repr_html_(self) -> str:
        from . import _html

        return _html.table(
            [
                ("client", f"<code>{type(self).__name__}</code>"),
                ("service", _html.code(self.base_url)),
                ("version", _html.code(self.version)),
            ]
        )

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def _run(self, sender: Sender, new: Callable[[PredictionModel], P], arguments: Mapping[str, Any]) -> Flow[P]:
        from ._flows import create, wait

        options: Any = {name: value for name, value in arguments.items() if name in RunOptions.__annotations__}
        input = {name: value for name, value in arguments.items() if name not in options}
        creating = _create_options(options)
        prepare = partial(create.prepare, sender, self.version, input, creating, RunOptions.__annotations__)
        waiting = self._wait_options(options)
        return waiting.with_display(wait.run(sender, prepare, new, waiting))

    def _wait_options(self, given: Mapping[str, Any]) -> WaitOptions:
        from ._flows.wait import WaitOptions
        from .notebook import default_display

        named = {name: given[name] for name in WaitArguments.__annotations__ if name in given}
        options = WaitOptions(self._polling, **{"on_update": default_display(), **named})
        hold: Any = to_seconds(given.get("prefer_wait"))
        if is_number(hold) and options.limit <= hold:
            raise invalid_argument(
                "timeout", f"{options.limit:g} s is over before the service answers, as prefer_wait is {hold:g} s"
            )
        return options

    def _upscale(
        self, sender: Sender, new: Callable[[PredictionModel], P], draft: Any, arguments: Mapping[str, Any]
    ) -> Flow[P]:
        from ._flows.upscale import upscaling_input

        given = {**arguments}
        strength = given.pop("strength", STRENGTH)
        return (yield from self._run(sender, new, (yield from upscaling_input(sender, draft, strength, given))))

    def _batch(
        self, sender: Sender, new: Callable[[PredictionModel], P], inputs: Iterable[Any], options: BatchOptions
    ) -> Stream[RunResult[P, Any]]:
        from ._flows import create
        from ._flows.batch.scheduler import Batch
        from ._service import validation

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
        creating = _create_options(given)
        version = creating.pop("version", None)
        version = self.version if version is None else version
        open_journal = None
        if (journal := options.get("journal")) is not None:
            from ._disk.journal import BatchJournal

            open_journal = partial(BatchJournal, journal, base_url=self.base_url, token=self._config.token)
        batch = Batch(
            sender,
            prepare=lambda input, until: create.prepare(sender, version, input, creating, known, until),
            fingerprint=lambda input: create.fingerprint(version, input, creating, known),
            new=new,
            options=waiting,
            concurrency=concurrency,
            open_journal=open_journal,
        )
        return waiting.with_display(batch.stream(inputs if isinstance(inputs, Iterator) else list(inputs)))


def _create_options(given: Mapping[str, Any]) -> Any:
    """Return those of a call's options that its creates have; headers belong to all of its requests."""
    names = CreateOptions.__annotations__.keys() - {"extra_headers"}
    return {name: value for name, value in given.items() if name in names}


def _require_policies(retry: object, poll: object) -> None:
    for name, value, cls in (("retry", DEFAULT_RETRY if retry is None else retry, Retry), ("poll", poll, Polling)):
        if not isinstance(value, cls):
            raise ConfigurationError(f"{name}= should be a zeroscope.{cls.__name__}, not {value!r:.80}")
