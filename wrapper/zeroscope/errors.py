"""Everything that can go wrong, as one tree.

ZeroscopeError
├─ ConfigurationError                no token, an unusable base URL, a prediction without a client
├─ InvalidInputError                 refused by the spec before anything was sent; .invalid_fields
├─ TransportError                    no connection or no answer in time; the httpx error is chained
├─ UnknownOutcomeError               a create that may have been carried out; it is never sent again
├─ APIError                          .status_code .title .detail .headers .body
│  ├─ AuthenticationError            401
│  ├─ PaymentRequiredError           402
│  ├─ ForbiddenError                 403
│  ├─ NotFoundError                  404
│  ├─ ValidationError                422; .invalid_fields
│  ├─ RateLimitError                 429; .retry_after
│  └─ ServerError                    500 to 599
├─ MalformedResponseError            a 2xx whose body is not what the spec says
├─ PredictionError                   .prediction
│  ├─ PredictionFailedError          status failed
│  ├─ PredictionCanceledError        status canceled or aborted
│  ├─ WaitTimeoutError               still running when the time was up
│  ├─ EmptyOutputError               succeeded without a video
│  └─ OutputExpiredError             succeeded, but the videos are gone
└─ WebhookVerificationError          a webhook that cannot be trusted
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast

if TYPE_CHECKING:
    from .prediction import AsyncPrediction, Prediction
    from .state import PredictionState


class InvalidField(NamedTuple):
    """One fault of an input, in the service's own words for kinds and places."""

    type: str
    """The kind of fault, such as ``number_lte`` or ``required``."""
    field: str
    """Where it is, such as ``input.width``."""
    description: str
    """The fault in words."""


class ZeroscopeError(Exception):
    """The base of every error that this package raises on purpose.

    Where a prediction was being waited for, ``prediction`` is that one: no error makes you lose a paid job.
    """

    _prediction: PredictionState | None = None

    @property
    def prediction(self) -> Prediction | AsyncPrediction | None:
        """The prediction, of the kind that the client in use makes."""
        return cast("Prediction | AsyncPrediction | None", self._prediction)

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__reduce__() == other.__reduce__()

    def __hash__(self) -> int:
        return hash((type(self), str(self)))

    def __reduce__(self) -> tuple[Any, ...]:
        # Exception's own way calls the class with the message alone, which the richer constructors below refuse.
        state = {name: value for name, value in self.__dict__.items() if name != "_client"}
        return _restore, (type(self), self.args, state)


def _restore(cls: type[ZeroscopeError], args: tuple[Any, ...], state: dict[str, Any]) -> ZeroscopeError:
    error = cls.__new__(cls, *args)
    error.__dict__.update(state)
    return error


class ConfigurationError(ZeroscopeError):
    """The client cannot work as it was set up."""


class InvalidInputError(ZeroscopeError, ValueError):
    """The input breaks the spec; nothing was sent.

    Args:
        invalid_fields: Every fault that was found, not the first alone.
    """

    def __init__(self, invalid_fields: Sequence[InvalidField]) -> None:
        self.invalid_fields = list(invalid_fields)
        lines = "".join(f"\n  - {fault.field}: {fault.description}" for fault in self.invalid_fields)
        super().__init__(f"invalid input, nothing was sent:{lines}")


class TransportError(ZeroscopeError):
    """There was no answer, or not all of it; the cause is chained."""


class UnknownOutcomeError(ZeroscopeError):
    """A create whose answer was lost: the prediction may be running and billed, so it was not sent again.

    The cause is chained. Look for the prediction with `find` before you create it anew.
    """

    _client: Any = None
    _body: Mapping[str, Any] | None = None
    sent_at: float | None = None
    """When the create was sent, in seconds since 1970."""

    def _sent(self, body: Mapping[str, Any], sent_at: float, client: Any) -> None:
        self._body, self.sent_at, self._client = dict(body), sent_at, client

    def find(self) -> Any:
        """Look in the account's list for what the create may have started.

        Those are the predictions of the same version and input that were created since then, with two minutes'
        allowance for clocks that differ. It may take the service a moment to list a new one.

        Returns:
            A list of predictions, newest first; from an `AsyncZeroscope`, something to await that returns one.

        Raises:
            ConfigurationError: If the error has no client, as after unpickling.
            APIError, TransportError: If the service cannot be asked.

        Example:
            >>> try:
            ...     videos = client.run(prompt="a lighthouse in a storm")
            ... except UnknownOutcomeError as error:
            ...     videos = [video for found in error.find() for video in found.wait().videos]
        """
        if self._client is None or self._body is None or self.sent_at is None:
            raise ConfigurationError("this error has no client to search with; look through client.predictions.list()")
        return self._client._find(self._body, self.sent_at)


class APIError(ZeroscopeError):
    """The service refused a request or failed at it.

    Args:
        request: What was asked for, such as ``GET /predictions/abc``.
        status_code: The HTTP status.
        title: The kind of problem, if the service named one.
        detail: What is wrong, if the service said so.
        headers: The answer's headers, names in lower case.
        body: The answer's body as text.
        hint: What to do next, where that is something else than usual after this status.
    """

    hint = ""

    def __init__(
        self,
        *,
        request: str,
        status_code: int,
        title: str | None = None,
        detail: str | None = None,
        headers: Mapping[str, str] | None = None,
        body: str = "",
        hint: str | None = None,
    ) -> None:
        self.status_code = status_code
        self.title = title
        self.detail = detail
        self.headers = dict(headers or {})
        self.body = body
        said = [part for part in (title, detail) if part] or [excerpt(body)]
        reason = excerpt(": ".join(dict.fromkeys(said)), 1000)
        advice = self.hint if hint is None else hint
        super().__init__(f"{request} answered {status_code}: {reason}" + (f" ({advice})" if advice else ""))


class AuthenticationError(APIError):
    """401: the token is missing, mistyped or revoked."""

    hint = "check the token, usually REPLICATE_API_TOKEN"


class PaymentRequiredError(APIError):
    """402: the account has no credit left."""

    hint = "add credit to the account, then try again"


class ForbiddenError(APIError):
    """403: the token may not do this."""


class NotFoundError(APIError):
    """404: there is nothing under this id or URL in the token's account."""


class ValidationError(APIError):
    """422: the service refused the body.

    Args:
        invalid_fields: What is wrong with each field; empty where the service did not say.
        details: The arguments of APIError.
    """

    def __init__(self, *, invalid_fields: Sequence[InvalidField] = (), **details: Any) -> None:
        self.invalid_fields = list(invalid_fields)
        super().__init__(**details)


class RateLimitError(APIError):
    """429: too many requests.

    Args:
        retry_after: When to try again, in seconds from the answer, if the service said so.
        details: The arguments of APIError.
    """

    def __init__(self, *, retry_after: float | None = None, **details: Any) -> None:
        self.retry_after = retry_after
        super().__init__(**details)


class ServerError(APIError):
    """500 to 599: the service failed."""

    hint = "the service is at fault; try again later"


class MalformedResponseError(ZeroscopeError):
    """The service answered well, but with a body that is not what the spec says.

    Args:
        request: What was asked for.
        status_code: The HTTP status.
        body: The answer's body as text.
        reason: Why it could not be read.
    """

    def __init__(self, *, request: str, status_code: int, body: str, reason: str) -> None:
        self.status_code = status_code
        self.body = body
        super().__init__(
            f"{request} answered {status_code} with a body that is not what the spec says ({reason}): {excerpt(body)}"
        )


class PredictionError(ZeroscopeError):
    """A prediction that did not lead to videos.

    Args:
        prediction: The prediction as it was last seen.
        problem: What happened to it.
    """

    def __init__(self, prediction: PredictionState, problem: str) -> None:
        self._prediction = prediction
        last = prediction.logs.strip().rpartition("\n")[2].strip()
        last_line = f"; its last log line: {excerpt(last)}" if last else ""
        super().__init__(f"prediction {excerpt(prediction.id)} {excerpt(problem, 1000)}{last_line}")

    @property
    def prediction(self) -> Prediction | AsyncPrediction:
        """The prediction as it was last seen, of the kind that the client in use makes."""
        return cast("Prediction | AsyncPrediction", self._prediction)


class PredictionFailedError(PredictionError):
    """The model failed; ``prediction.error`` says why."""


class PredictionCanceledError(PredictionError):
    """The prediction was canceled while it ran, or aborted before it started."""


class WaitTimeoutError(PredictionError):
    """The prediction had not ended when the time was up; it goes on, and can be waited for again."""


class EmptyOutputError(PredictionError):
    """The prediction succeeded, but there is no video in its output."""


class OutputExpiredError(PredictionError):
    """The prediction succeeded, but the service has removed its videos."""


class WebhookVerificationError(ZeroscopeError):
    """The webhook cannot be trusted, is not about a prediction, or cannot be checked with what was given."""


_BY_STATUS: dict[int, type[APIError]] = {
    401: AuthenticationError,
    402: PaymentRequiredError,
    403: ForbiddenError,
    404: NotFoundError,
    422: ValidationError,
    429: RateLimitError,
}


def class_for(status_code: int) -> type[APIError]:
    """The error that stands for a status."""
    return _BY_STATUS.get(status_code, ServerError if status_code >= 500 else APIError)


def check_span(name: str, value: float) -> None:
    """Refuse a setting that is no finite number from 0 on.

    Raises:
        ConfigurationError: If it is not.
    """
    if not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ConfigurationError(f"{name} cannot be {value!r}: it should be a number, 0 or more")


def excerpt(body: str, length: int = 200) -> str:
    """The start of a body, on one line and without characters that steer a terminal."""
    words = " ".join(body[: 4 * length].split())
    line = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in words)
    if not line:
        return "an empty body"
    return line if len(line) <= length else line[: length - 1] + "…"
