"""The sender of requests, which retries only what is safe to repeat."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Generic, NamedTuple, Self, TypeAlias, TypeVar, Unpack

import httpx

from .. import errors
from .._config import Timeouts, parse_timeout
from .._service import validation
from .._service.api import InvalidPathSegmentError, PredictionModel, Response
from .._service.responses import ResponseParser
from .._steps import Call, Flow, Gather, Sleep
from .._text import log
from ..clock import Clock
from ..errors import APIError, MalformedResponseError, TransportError
from ..options import RequestOptions, parse_headers
from ..retry import DEFAULT_RETRY, Retry, is_transient
from .cooldown import Cooldown
from .outcome import NOT_SENT, settle

T = TypeVar("T")
Finder: TypeAlias = Callable[[Mapping[str, str], Mapping[str, Any], float], Any]

# The least timeout of a single request, in seconds: a service that hangs must not outlast the wait, but the last poll
# gets a moment all the same.
MIN_TIMEOUT = 1.0
FIND_ADVICE = "; search for it with .find() on this error"
# The most requests of a batch that are sent concurrently.
MAX_IN_FLIGHT = 8


class Request(NamedTuple, Generic[T]):
    """A call, and the parser of its response."""

    call: Call
    parse: Callable[[Call, Response[Any]], T]


class CreateRequest(NamedTuple):
    """The call of a create, and its body, by which the prediction can be found if the response is lost."""

    call: Call
    body: Mapping[str, Any]


class Failed(NamedTuple):
    """A failed attempt, and the pause in seconds that the server asked for if the error does not carry it."""

    error: errors.ZeroscopeError
    asked: float | None = None


class Sender:
    """Sends requests, with pauses and retries; without a policy for these, it sends each request once."""

    def __init__(
        self, *, clock: Clock, random: Callable[[], float], retry: Retry | None, parser: ResponseParser
    ) -> None:
        self.clock = clock
        self.random = random
        self.retry = retry
        self.parser = parser
        self.cooldown = Cooldown(clock)
        # The limits of each request, if they are not those that its client was created with.
        self.timeouts: Timeouts | None = None
        self.headers: Mapping[str, str] = {}
        # Receives each 2xx response, if the caller asked for raw responses.
        self.received: list[tuple[Call, Response[Any]]] | None = None
        # Returns the function that searches for a lost prediction, or None once the client is gone.
        self.finder: Callable[[], Finder | None] = lambda: None

    def replaced(self, **changes: Any) -> Self:
        """Return a copy with other attributes; the cooldown is the same."""
        same = copy.copy(self)
        vars(same).update(changes)
        return same

    def for_call(self, **options: Unpack[RequestOptions]) -> Self:
        """Return a sender for one call, with its own limits and headers."""
        known = RequestOptions.__annotations__
        if not options.keys() <= known.keys():
            validation.raise_if_invalid(validation.unknown_options(options, known))
        if all(value is None for value in options.values()):
            return self
        headers = {**self.headers, **parse_headers(options.get("extra_headers"))}
        timeout = options.get("timeout")
        try:
            timeouts = self.timeouts if timeout is None else parse_timeout(timeout)
        except errors.ConfigurationError as error:
            raise errors.invalid_argument("timeout", str(error)) from None
        return self.replaced(timeouts=timeouts, headers=headers)

    def cooldown_end(self, *, creates: bool = False) -> float:
        """Return from which moment on the monotonic clock requests may be sent; without a policy, from any."""
        if self.retry is None:
            return float("-inf")
        return self.cooldown.creates_end if creates else self.cooldown.end

    def send_repeatable(
        self, request: Request[T], until: float | None = None, *, urgent: bool = False, limited: bool = False
    ) -> Flow[T]:
        """Send a request that may be repeated, and return what its response holds.

        Args:
            request: The request; one whose response is malformed, as a truncated body is, is repeated, too.
            until: The moment on the monotonic clock up to which it is repeated; without it, the policy limits that.
            urgent: Whether it is sent even during a cooldown.
            limited: Whether the policy limits the number of attempts up to that moment as well.
        """
        attempts = Attempts(self, until, limited=limited or until is None)
        call = request.call
        while True:
            if self.retry is not None and not urgent:
                yield from self.cooldown.wait(self.random(), until)
            if until is not None:
                call = self._limited(call, until)
            result = yield from _send(call)
            try:
                return self.outcome(request, result)
            except (APIError, TransportError, MalformedResponseError) as error:
                pause = attempts.pause_or_raise(error)
            yield Sleep(pause)

    def send_once(
        self, create: CreateRequest, late: list[PredictionModel] | None = None, until: float | None = None
    ) -> Flow[PredictionModel]:
        """Send a create, again only if it cannot have been executed, and return the prediction.

        Args:
            create: The create.
            late: Receives a prediction that still arrives after an interrupt; without it, none is awaited.
            until: The moment on the monotonic clock at which it fails.
        """
        return self.execute_once(create.call, partial(self.created, create), late, until)

    def execute_once(
        self,
        call: Call,
        settle: Callable[[Any, float], T],
        late: list[T] | None = None,
        until: float | None = None,
    ) -> Flow[T]:
        """Send a request that must not be executed twice; the arguments are those of `send_once`.

        `settle` returns what the response holds, or raises an error, of which only an APIError and a TransportError say
        that the request was not executed. It takes the response, or the exception in its place, and the time when it
        was sent, in seconds since 1970.
        """
        attempts = Attempts(self, until, creates=True)
        while True:
            if self.retry is not None:
                yield from self.cooldown.wait(self.random(), until, creates=True)
            if until is not None:
                call = self._limited(call, until)
            sent_at = self.clock.time()
            if late is None:
                result = yield from _send(call)
            else:
                step = Gather([call])
                try:
                    (result,) = yield step
                except BaseException:
                    # An error that arrives now does not take the place of the interrupt.
                    with suppress(errors.ZeroscopeError):
                        if isinstance(step.results[0], Response):
                            late.append(settle(step.results[0], sent_at))
                    raise
            try:
                return settle(result, sent_at)
            except (APIError, TransportError) as error:
                pause = attempts.pause_or_raise(error)
            yield Sleep(pause)

    def _limited(self, call: Call, until: float) -> Call:
        return call._replace(limit=max(until - self.clock.monotonic(), MIN_TIMEOUT))

    def outcome(self, request: Request[T], result: Any) -> T:
        """Return what the response to a request holds, or raise an error; the result may be an exception."""
        return request.parse(request.call, self.check_response(request.call, result))

    def created(self, create: CreateRequest, result: Any, sent_at: float) -> PredictionModel:
        """Return the prediction that a create started, or raise an error; the result may be an exception."""
        # A response, and so the error for it, may quote the input.
        parser = self.parser.for_input(create.body["input"])
        sender = self if parser is self.parser else self.replaced(parser=parser)
        return settle(
            lambda: sender.parser.prediction(create.call, sender.check_response(create.call, result)),
            lambda error: self.lost_create(
                f"{error}. The prediction may have been created, may be running and may be billed, so it was not sent "
                f"again{FIND_ADVICE}, or in predictions.list(), before you create it again",
                create.body,
                sent_at,
            ),
        )

    def lost_create(self, message: str, body: Mapping[str, Any], sent_at: float) -> errors.UnknownOutcomeError:
        error = errors.UnknownOutcomeError(message)
        error._body, error.sent_at, finder = dict(body), sent_at, self.finder()
        # A gateway that needs the headers of the create needs them for the search as well.
        error._finder = None if finder is None else partial(finder, self.headers)
        return error

    def check_response(self, call: Call, result: Any) -> Response[Any]:
        """Return the 2xx response to a call, or raise the error for another response or an exception."""
        if isinstance(result, Response):
            if not 200 <= result.status_code < 300:
                raise self.parser.error(call, result, self.clock.time())
            if self.received is not None:
                self.received.append((call, result))
            return result
        if isinstance(result, InvalidPathSegmentError):
            raise errors.invalid_argument(*str(result).split(": ", 1)) from result
        if isinstance(result, httpx.HTTPError | httpx.InvalidURL | UnicodeError):
            self.parser.redact_chain(result)
            problem = str(result) or type(result).__name__
            # After another error, the advice depends on the request.
            advice = "; check the URL and the network" if isinstance(result, NOT_SENT) else ""
            raise TransportError(
                f"{call.name} got no response from {self.parser.base_url}: {problem}{advice}"
            ) from result
        raise result


class Attempts:
    """The attempts at one request, and the pauses between them.

    Args:
        until: The end on the monotonic clock, if there is one.
        limited: Whether the policy limits the number of attempts; otherwise they go on, with the last one at `until`.
        shared: Whether a 429 holds back the client's other requests, too.
        creates: Whether the request is a create, whose 429 holds back only other creates.
    """

    __slots__ = ("_creates", "_failures", "_limited", "_malformed", "_sender", "_shared", "_until")

    def __init__(
        self,
        sender: Sender,
        until: float | None = None,
        *,
        limited: bool = True,
        shared: bool = True,
        creates: bool = False,
    ) -> None:
        self._sender = sender
        self._until = until
        self._limited = limited
        self._shared = shared
        self._creates = creates
        self._failures = self._malformed = 0

    def restart(self) -> None:
        """Count attempts from 1 again, because the current one made progress."""
        self._failures = self._malformed = 0

    def pause_or_raise(self, error: errors.ZeroscopeError) -> float:
        """Return the pause after a failed attempt, in seconds, or raise its error."""
        pause = self.pause_after(Failed(error))
        if pause is None:
            raise error
        return pause

    def pause_after(self, failed: Failed, *, unlimited: bool = False) -> float | None:
        """Record a failed attempt, and return the pause before the next one, in seconds; None if there is none."""
        pause = self._pause(failed, unlimited)
        if pause is not None:
            log.info("attempt %d failed, the next one follows in %.2f s: %s", self._failures, pause, failed.error)
        return pause

    def _pause(self, failed: Failed, unlimited: bool) -> float | None:
        error, retry = failed.error, self._sender.retry
        self._failures += 1
        self._malformed += isinstance(error, MalformedResponseError)
        if not is_transient(error):
            return None
        asked = error.retry_after if isinstance(error, errors.RateLimitError) else failed.asked
        pause = (retry or DEFAULT_RETRY).pause(self._failures, jitter=self._sender.random(), asked=asked)
        # Also if this request is not repeated: clients that share the cooldown may repeat theirs.
        if isinstance(error, errors.RateLimitError) and self._shared:
            self._sender.cooldown.extend(pause, creates=self._creates)
        if retry is None:
            return None
        # A body that stays malformed is not a transient failure, however long the wait may last.
        exhausted = self._failures >= retry.attempts and self._limited and not unlimited
        if exhausted or self._malformed >= retry.attempts:
            return None
        if self._until is None:
            return pause
        left = self._until - self._sender.clock.monotonic()
        if self._limited:
            return pause if pause < left else None
        return min(pause, left) if left > 0 else None


def _send(call: Call) -> Flow[Any]:
    """Return a call's response, or the exception that it raised."""
    try:
        return (yield call)
    except Exception as error:
        return error
