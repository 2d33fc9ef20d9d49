"""The sender of requests: it repeats what is safe to repeat, and sends a create once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

import httpx

from .._service.api import InvalidPathSegmentError, PredictionModel, Response
from .._service.responses import ResponseParser
from .._steps import Call, Flow, Gather
from ..clock import Clock
from ..errors import (
    APIError,
    InvalidField,
    InvalidInputError,
    MalformedResponseError,
    TransportError,
    UnknownOutcomeError,
    ZeroscopeError,
)
from ..retry import Retry
from .retries import Attempts, Cooldown, Failed, repeat

T = TypeVar("T")

log = logging.getLogger("zeroscope")

# The least timeout of a single request, in seconds: a service that hangs must not outlast the wait, but the last poll
# gets a moment all the same.
MIN_TIMEOUT = 1.0
# The request was not sent if one of these was raised.
_NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.InvalidURL,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    UnicodeError,
)
# The service may have begun to execute a create before one of these; 499 is the edge's own.
_AMBIGUOUS = {408, 499}


class Request(NamedTuple, Generic[T]):
    """A call, and the parser of its response."""

    call: Call
    parse: Callable[[Call, Response[Any]], T]


class CreateRequest(NamedTuple):
    """The call of a create, and its body, by which the prediction can be found if the response is lost."""

    call: Call
    body: Mapping[str, Any]


class Sender:
    """Sends requests, with pauses and retries.

    Args:
        clock: The client's clock.
        random: Returns random numbers from 0 to 1, for the pauses.
        retry: The retry policy, or None to send each request once.
        parser: Parses the responses.

    Attributes:
        finder: Returns the function that searches for a lost prediction, or None once the client is gone.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        random: Callable[[], float],
        retry: Retry | None,
        parser: ResponseParser,
    ) -> None:
        self.clock = clock
        self.random = random
        self.retry = retry
        self.parser = parser
        self.cooldown = Cooldown(clock)
        self.finder: Callable[[], Callable[[Mapping[str, Any], float], Any] | None] = lambda: None

    def attempts(self, until: float | None = None, *, limited: bool = True, shared: bool = True) -> Attempts:
        """Return a new counter of attempts.

        Args:
            until: The end of the attempts on the monotonic clock, if there is one.
            limited: Whether the retry policy limits their number.
            shared: Whether a 429 holds back the client's other requests, too.
        """
        cooldown = self.cooldown if shared else None
        return Attempts(self.retry, self.clock, self.random, cooldown, until=until, limited=limited)

    def wait_for_cooldown(self, until: float | None = None) -> Flow[None]:
        """Wait while requests are held back after a 429, unless retries are off."""
        if self.retry is not None:
            yield from self.cooldown.wait(self.random(), until)

    def send_repeatable(self, request: Request[T], until: float | None = None, *, urgent: bool = False) -> Flow[T]:
        """Send a request that may be repeated, and return what its response holds.

        Args:
            request: The request; one whose response is malformed, as a truncated body is, is repeated, too.
            until: The moment on the monotonic clock up to which it is repeated; without it, the policy limits that.
            urgent: Whether it is sent even during a cooldown.

        Raises:
            APIError, TransportError, MalformedResponseError: The error of the last attempt.
        """
        attempts = self.attempts(until, limited=until is None)

        def attempt() -> Flow[T | Failed]:
            call = request.call
            if not urgent:
                yield from self.wait_for_cooldown(until)
            if until is not None:
                call = call._replace(limit=max(until - self.clock.monotonic(), MIN_TIMEOUT))
            result = yield from _send(call)
            try:
                return self.outcome(request, result, attempts.number)
            except (APIError, TransportError, MalformedResponseError) as error:
                return Failed(error)

        return (yield from repeat(request.call.name, attempts, attempt))

    def send_once(self, create: CreateRequest, late: list[PredictionModel] | None = None) -> Flow[PredictionModel]:
        """Send a create, again only if it cannot have been executed, and return the prediction.

        Args:
            create: The create.
            late: Receives the prediction if it still arrives after an interrupt; without it, it is not awaited.

        Raises:
            UnknownOutcomeError: If it may have been executed.
            APIError, TransportError: If it was not executed.
        """
        attempts = self.attempts()

        def attempt() -> Flow[PredictionModel | Failed]:
            yield from self.wait_for_cooldown()
            sent_at = self.clock.time()
            if late is None:
                result = yield from _send(create.call)
            else:
                step = Gather([create.call])
                try:
                    (result,) = yield step
                except BaseException:
                    if isinstance(step.results[0], Response):
                        late.append(self.created(create, step.results[0], attempts.number, sent_at))
                    raise
            try:
                return self.created(create, result, attempts.number, sent_at)
            except (APIError, TransportError) as error:
                return Failed(error)

        return (yield from repeat(create.call.name, attempts, attempt))

    def outcome(self, request: Request[T], result: Any, attempt: int) -> T:
        """Return what the response to a request holds.

        Args:
            request: The request.
            result: Its response, or the exception that it raised.
            attempt: The attempt's number, from 1.

        Raises:
            APIError, TransportError, MalformedResponseError: If there is no such response.
        """
        return request.parse(request.call, self.check_response(request.call, result, attempt))

    def created(self, create: CreateRequest, result: Any, attempt: int, sent_at: float) -> PredictionModel:
        """Return the prediction that a create started.

        Args:
            create: The create.
            result: Its response, or the exception that it raised.
            attempt: The attempt's number, from 1.
            sent_at: When it was sent, in seconds since 1970.

        Raises:
            UnknownOutcomeError: If it may have been executed.
            APIError, TransportError: If it was not executed.
        """
        try:
            return self.outcome(Request(create.call, self.parser.prediction), result, attempt)
        except (APIError, TransportError, MalformedResponseError) as error:
            if _was_not_executed(error):
                raise
            message = (
                f"{error}. The prediction may have been created, may be running and may be billed, so it was not sent "
                "again; search for it with .find() on this error, or in predictions.list(), before you create it again"
            )
            raise self.lost_create(message, create.body, sent_at) from error

    def lost_create(self, message: str, body: Mapping[str, Any], sent_at: float) -> UnknownOutcomeError:
        """Return the error for a create whose outcome is unknown."""
        error = UnknownOutcomeError(message)
        error._sent(body, sent_at, self.finder())
        return error

    def check_response(self, call: Call, result: Any, attempt: int) -> Response[Any]:
        """Return the 2xx response to a call.

        Args:
            call: The call.
            result: Its response, or the exception that it raised.
            attempt: The attempt's number, from 1.

        Raises:
            APIError, TransportError: If there is no such response.
            InvalidInputError: If the request could not be sent.
        """
        if isinstance(result, InvalidPathSegmentError):
            raise InvalidInputError([InvalidField("invalid_type", *str(result).split(": ", 1))]) from result
        if isinstance(result, httpx.HTTPError | httpx.InvalidURL | UnicodeError):
            self._redact_chain(result)
            problem = str(result) or type(result).__name__
            log.debug("%s: attempt %d got no response: %s", call.name, attempt, problem)
            # After another error, the advice depends on the request.
            advice = "; check the address and the network" if isinstance(result, _NOT_SENT) else ""
            raise TransportError(
                f"{call.name} got no response from {self.parser.base_url}: {problem}{advice}"
            ) from result
        if isinstance(result, BaseException):
            raise result
        response: Response[Any] = result
        log.debug("%s: attempt %d got status %d", call.name, attempt, response.status_code)
        if 200 <= response.status_code < 300:
            return response
        raise self.parser.error(call, response, self.clock.time())

    def _redact_chain(self, error: BaseException | None) -> None:
        """Redact the token in an exception and its causes: HTTP libraries quote what they cannot parse."""
        while error is not None:
            if not isinstance(error, UnicodeError):
                error.args = tuple(self.parser.redact(part) if isinstance(part, str) else part for part in error.args)
            error = error.__cause__ or error.__context__


def _was_not_executed(error: ZeroscopeError) -> bool:
    """Whether a create that met with this error was not executed."""
    if isinstance(error, APIError):
        return error.status_code < 500 and error.status_code not in _AMBIGUOUS
    return isinstance(error, TransportError) and isinstance(error.__cause__, _NOT_SENT)


def _send(call: Call) -> Flow[Any]:
    """Return a call's response, or the exception that it raised."""
    try:
        return (yield call)
    except Exception as error:
        return error
