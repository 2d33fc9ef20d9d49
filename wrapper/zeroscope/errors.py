"""The error classes, as one tree.

ZeroscopeError
├─ ConfigurationError                no token, an unusable base URL, a prediction without a client
├─ InvalidInputError                 refused by the spec before anything was sent; .invalid_fields
├─ TransportError                    no connection, or no response in time; the httpx error is chained
│  └─ CertificateError               the server's certificate was not accepted; nothing was sent
├─ UnknownOutcomeError               a create or a post that may have been executed; it is never sent again
├─ APIError                          .status_code .title .detail .headers .body .request_id
│  ├─ AuthenticationError            401
│  ├─ PaymentRequiredError           402
│  ├─ ForbiddenError                 403
│  ├─ NotFoundError                  404
│  ├─ ValidationError                422; .invalid_fields
│  ├─ RateLimitError                 429; .retry_after
│  └─ ServerError                    500 to 599
├─ MalformedResponseError            a 2xx whose body breaks the spec
├─ PredictionError                   .prediction; its id, status and last log line are in the message
│  ├─ PredictionFailedError          the model failed; .code
│  ├─ PredictionCanceledError        canceled, or aborted
│  ├─ WaitTimeoutError               still running when the time was up
│  ├─ EmptyOutputError               succeeded without a video
│  └─ OutputExpiredError             succeeded, but the videos were removed
└─ WebhookVerificationError          a webhook that cannot be trusted
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any, NamedTuple

from ._constants import REQUEST_ID_HEADER
from ._text import escape, excerpt


class InvalidField(NamedTuple):
    """One violation of the spec by an input, in the service's own terms."""

    type: str
    """The kind of violation, such as ``number_lte`` or ``required``."""
    field: str
    """The field's path, such as ``input.width``."""
    description: str
    """The violation in words."""


class ZeroscopeError(Exception):
    """The base of every error that this package raises on purpose."""

    _prediction: Any = None

    @property
    def prediction(self) -> Any:
        """The prediction that the error leaves behind, so that no paid job is lost; None if there is none.

        It is a `Prediction` after an error of a `Zeroscope` client, and an `AsyncPrediction` after one of an
        `AsyncZeroscope`; the type is Any, so that both ``error.prediction.wait()`` and
        ``await error.prediction.wait()`` type-check.
        """
        return self._prediction

    def __str__(self) -> str:
        # A message may quote a server, and is printed in one line.
        return escape(super().__str__())

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.__reduce__() == other.__reduce__()

    def __hash__(self) -> int:
        return hash((type(self), str(self)))

    def __reduce__(self) -> tuple[Any, ...]:
        # Exception's own way calls the class with the message alone, which the constructors below refuse.
        state = {name: value for name, value in self.__dict__.items() if name != "_finder"}
        return _restore, (type(self), self.args, state)

    def __copy__(self) -> Any:
        return _restore(type(self), self.args, self.__dict__)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        state = {name: value if name == "_finder" else deepcopy(value, memo) for name, value in vars(self).items()}
        return _restore(type(self), self.args, state)


def _restore(cls: type[Any], args: tuple[Any, ...], state: dict[str, Any]) -> Any:
    error: Any = cls.__new__(cls, *args)
    error.__dict__.update(state)
    return error


class ConfigurationError(ZeroscopeError):
    """The client, or one of its arguments, is set up in a way that cannot work."""


class InvalidInputError(ZeroscopeError, ValueError):
    """The input breaks the spec; nothing was sent.

    Args:
        invalid_fields: Every violation that was found, not only the first.
    """

    def __init__(self, invalid_fields: Sequence[InvalidField]) -> None:
        self.invalid_fields = list(invalid_fields)
        lines = [f"\n  - {escape(invalid.field)}: {escape(invalid.description)}" for invalid in self.invalid_fields]
        super().__init__(f"invalid input, nothing was sent:{''.join(lines)}")

    def __str__(self) -> str:
        return Exception.__str__(self)


def invalid_argument(name: str, problem: str) -> InvalidInputError:
    """Return the error for one argument of the wrong type."""
    return InvalidInputError([InvalidField("invalid_type", name, problem)])


class TransportError(ZeroscopeError):
    """The response did not arrive, or not completely; the cause is chained."""


class CertificateError(TransportError):
    """The server's certificate was not accepted, so nothing was sent; another attempt cannot help."""


class UnknownOutcomeError(ZeroscopeError):
    """A request whose response was lost: it may have been executed and be billed, so it was not sent again.

    The cause is chained. After a create, search for the prediction with `find` before you create it again. After a
    `post` of the client, check what it did.
    """

    _finder: Callable[[Mapping[str, Any], float], Any] | None = None
    _body: Mapping[str, Any] | None = None
    sent_at: float | None = None
    """When the request was sent, in seconds since 1970."""

    def find(self) -> Any:
        """Search the account's list for predictions that the create may have started.

        These are the predictions of the same version and input that were created since then. The service's clock is
        measured by the Date headers of its responses; without these, there is an allowance of two minutes for clocks
        that differ. The service may take a moment to list a new prediction.

        Returns:
            A list of predictions, newest first; from an `AsyncZeroscope`, an awaitable that returns one.

        Raises:
            ConfigurationError: If the error is of a `post`, or has no client, as after unpickling.
            UnknownOutcomeError: If the first 100 pages of the list do not reach back to the create.
            APIError, TransportError: If the service cannot be reached.

        Example:
            >>> try:
            ...     videos = client.run(prompt="a lighthouse in a storm")
            ... except UnknownOutcomeError as error:
            ...     videos = [video for found in error.find() for video in found.wait().videos]
        """
        if self._body is None or self.sent_at is None:
            raise ConfigurationError("this error is not of a create, for which find() searches; check what it did")
        if self._finder is None:
            raise ConfigurationError("this error has no client to search with; look through client.predictions.list()")
        return self._finder(self._body, self.sent_at)


class APIError(ZeroscopeError):
    """The service refused a request, or failed to process it.

    Args:
        request: The request's method and path, such as ``GET /predictions/abc``.
        status_code: The HTTP status.
        title: The problem's title, if the service sent one.
        detail: The problem's detail, if the service sent one.
        headers: The response's headers, names in lower case.
        body: The response's body as text.
        hint: The advice at the end of the message, if it differs from the class's own.
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
        id = f"request ID {excerpt(self.request_id)}" if self.request_id else ""
        advice = "; ".join(filter(None, (self.hint if hint is None else hint, id)))
        super().__init__(f"{request} answered {status_code}: {reason}" + (f" ({advice})" if advice else ""))

    @property
    def request_id(self) -> str | None:
        """The ID by which the service's support finds the request; None if the response has none."""
        return self.headers.get(REQUEST_ID_HEADER) or None


class AuthenticationError(APIError):
    """401: the token is missing, mistyped or revoked."""

    hint = "check the token, usually REPLICATE_API_TOKEN"


class PaymentRequiredError(APIError):
    """402: the account has no credit left."""

    hint = "add credit to the account, then try again"


class ForbiddenError(APIError):
    """403: the token lacks the permission."""


class NotFoundError(APIError):
    """404: the token's account has nothing under this id or URL."""


class ValidationError(APIError):
    """422: the service refused the body.

    Args:
        invalid_fields: The violation of each field; empty if the service named none.
        details: The arguments of APIError.
    """

    def __init__(self, *, invalid_fields: Sequence[InvalidField] = (), **details: Any) -> None:
        self.invalid_fields = list(invalid_fields)
        super().__init__(**details)


class RateLimitError(APIError):
    """429: too many requests.

    Args:
        retry_after: Seconds from the response until the next attempt is allowed, if the service named them.
        details: The arguments of APIError.
    """

    def __init__(self, *, retry_after: float | None = None, **details: Any) -> None:
        self.retry_after = retry_after
        super().__init__(**details)


class ServerError(APIError):
    """500 to 599: the service failed."""

    hint = "the service is at fault; try again later"


class MalformedResponseError(ZeroscopeError):
    """The service answered with a 2xx status, but with a body that breaks the spec.

    Args:
        request: The request's method and path.
        status_code: The HTTP status.
        body: The response's body as text.
        reason: Why the body could not be read.
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
        prediction: The prediction as last seen.
        problem: What happened to it.
    """

    def __init__(self, prediction: Any, problem: str) -> None:
        self._prediction = prediction
        last = prediction._last_log_line
        last_line = f"; its last log line: {excerpt(last)}" if last else ""
        super().__init__(f"prediction {excerpt(prediction.id)} {excerpt(problem, 1000)}{last_line}")


class PredictionFailedError(PredictionError):
    """The model failed; ``prediction.error`` gives the reason."""

    @property
    def code(self) -> str | None:
        """The service's code of the failure, such as ``E1001``; None if it gave none."""
        code: str | None = self.prediction.error_code
        return code


class PredictionCanceledError(PredictionError):
    """The prediction was canceled while it ran, or aborted before it started."""


class WaitTimeoutError(PredictionError):
    """The prediction had not ended when the time was up; it goes on, and can be waited for again."""


class EmptyOutputError(PredictionError):
    """The prediction succeeded, but its output holds no video."""


class OutputExpiredError(PredictionError):
    """The prediction succeeded, but the service has removed its videos."""


class WebhookVerificationError(ZeroscopeError):
    """The webhook cannot be trusted or is not about a prediction, or an argument cannot be used to verify it."""
