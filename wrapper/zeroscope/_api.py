"""The seam: the one module that knows the generated client.

It turns arguments into calls of generated endpoints, and their answers into values or errors of the wrapper. Neither a
generated class nor UNSET leaves it, save the input's TypedDict and the parsed prediction that `PredictionState` reads.
"""

from __future__ import annotations

import functools
import io
import json
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast
from urllib.parse import SplitResult, parse_qs, urljoin, urlsplit

import zeroscope_api
from zeroscope_api.api.files import create_file
from zeroscope_api.api.predictions import cancel_prediction, create_prediction, get_prediction, list_predictions
from zeroscope_api.api.webhooks import get_default_webhook_secret
from zeroscope_api.client import DEFAULT_TIMEOUT
from zeroscope_api.client import AuthenticatedClient as ApiClient
from zeroscope_api.errors import InvalidPathSegmentError
from zeroscope_api.models import (
    CreateFileRequest,
    CreatePredictionRequest,
    FileInput,
    InvalidField,
    JsonObject,
    PredictionInputDict,
    PredictionMetrics,
    PredictionPage,
    PredictionUrls,
    Problem,
    WebhookSecret,
)
from zeroscope_api.models import File as FileModel
from zeroscope_api.models import Prediction as PredictionModel
from zeroscope_api.types import UNSET, File, Response, Unset

from . import errors
from ._steps import Call, Endpoint
from .retry import retry_after

__all__ = [
    "DEFAULT_TIMEOUT",
    "Answers",
    "ApiClient",
    "FileInput",
    "InvalidPathSegmentError",
    "PredictionInputDict",
    "PredictionModel",
    "PredictionPage",
    "Response",
    "Unset",
    "as_mapping",
    "cancel_call",
    "create_call",
    "create_file_call",
    "final_statuses",
    "get_call",
    "list_call",
    "plain",
    "prediction_from_json",
    "spec",
    "webhook_secret_call",
]

T = TypeVar("T")
E = TypeVar("E", bound=BaseException)


@functools.cache
def spec() -> dict[str, Any]:
    """The OpenAPI document, as it was when the client was generated."""
    data = pkgutil.get_data(zeroscope_api.__name__, "spec.json")
    document: dict[str, Any] = json.loads(cast(bytes, data))
    return document


@functools.cache
def final_statuses() -> frozenset[str]:
    """The statuses after which nothing more happens to a prediction."""
    return frozenset(spec()["components"]["schemas"]["PredictionStatus"]["x-final"])


@functools.cache
def _requests() -> dict[str, str]:
    """Method and path of each operation by its operationId, for messages."""
    return {
        operation["operationId"]: f"{method.upper()} {path}"
        for path, item in spec()["paths"].items()
        for method, operation in item.items()
        if isinstance(operation, dict) and "operationId" in operation
    }


def create_call(
    body: Mapping[str, Any], cancel_after: str | None = None, prefer: str | None = None, hold: float | None = None
) -> Call:
    """The call that creates a prediction from a body that was checked.

    Args:
        body: The body.
        cancel_after: The header by which the service ends the prediction.
        prefer: The header by which the service holds the request open.
        hold: For how long it may do so, in seconds.
    """
    arguments = {
        "body": CreatePredictionRequest.from_dict(body),
        "cancel_after": UNSET if cancel_after is None else cancel_after,
        "prefer": UNSET if prefer is None else prefer,
    }
    return Call(_endpoint(create_prediction), arguments, _requests()["createPrediction"], hold=hold)


def create_file_call(content: bytes, name: str, media_type: str) -> Call:
    """The call that uploads a file."""
    file = File(payload=io.BytesIO(content), file_name=name, mime_type=media_type)
    arguments = {"body": CreateFileRequest(content=file, filename=name, type_=media_type)}
    return Call(_endpoint(create_file), arguments, _requests()["createFile"])


def get_call(prediction_id: str) -> Call:
    """The call that reads a prediction."""
    _check_id(prediction_id)
    arguments = {"prediction_id": prediction_id}
    return Call(_endpoint(get_prediction), arguments, _requests()["getPrediction"].format(**arguments))


def cancel_call(prediction_id: str) -> Call:
    """The call that cancels a prediction."""
    _check_id(prediction_id)
    arguments = {"prediction_id": prediction_id}
    return Call(_endpoint(cancel_prediction), arguments, _requests()["cancelPrediction"].format(**arguments))


def list_call(cursor: str | None) -> Call:
    """The call that reads one page of predictions."""
    arguments = {"cursor": UNSET if cursor is None else cursor}
    return Call(_endpoint(list_predictions), arguments, _requests()["listPredictions"])


def webhook_secret_call() -> Call:
    """The call that reads the key of the account's webhooks."""
    return Call(_endpoint(get_default_webhook_secret), {}, _requests()["getDefaultWebhookSecret"])


def prediction_from_json(body: bytes) -> PredictionModel:
    """The prediction in a body that did not come as an answer.

    Raises:
        ValueError: If it is none; the message says why.
    """
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError) as error:
        # Not the exception itself, which may hold the whole body.
        raise ValueError(f"{type(error).__name__}: {error}") from None
    if not isinstance(parsed, dict) or not (_is_text(parsed.get("id")) and _is_text(parsed.get("status"))):
        raise ValueError("id and status should be texts that are not empty")
    return PredictionModel.from_dict(parsed)


@dataclass(frozen=True, slots=True)
class Answers:
    """Reads answers, and blots the token out of whatever goes into an error.

    Args:
        token: The token, which a server may well echo.
        base_url: The address of the service; pages that continue elsewhere are not followed.
    """

    token: str = field(repr=False)
    base_url: str

    def prediction(self, call: Call, response: Response[Any], id: str | None = None) -> PredictionModel:
        """The prediction in a success, which as published may be an array of one.

        Args:
            call: What was asked for.
            response: The answer.
            id: The prediction that was asked for; another one would be taken for it, and for its result.
        """
        parsed = response.parsed
        if isinstance(parsed, list) and len(parsed) == 1:
            parsed = parsed[0]
        if response.error is not None or not isinstance(parsed, PredictionModel):
            raise self._malformed(call, response, "not a prediction")
        self._check_identity(call, response, [parsed])
        if id is not None and parsed.id != id:
            raise self._malformed(call, response, f"it is about another prediction, {parsed.id!r:.80}")
        return parsed

    def page(self, call: Call, response: Response[Any]) -> PredictionPage:
        """The page of predictions in a success."""
        page = response.parsed
        if response.error is not None or not isinstance(page, PredictionPage):
            raise self._malformed(call, response, "not a page of predictions")
        self._check_identity(call, response, page.results)
        return page

    def webhook_secret(self, call: Call, response: Response[Any]) -> str:
        """The key in a success; of one that is malformed nothing is shown, as it may hold the key all the same."""
        parsed = response.parsed
        if response.error is None and isinstance(parsed, WebhookSecret) and _is_text(parsed.key):
            return parsed.key
        raise errors.MalformedResponseError(
            request=call.name,
            status_code=response.status_code,
            body="[not shown, as it may hold the key]",
            reason="its key should be a text that is not empty",
        )

    def file(self, call: Call, response: Response[Any]) -> str:
        """The URL of the stored file in a success."""
        file = response.parsed
        if response.error is not None or not isinstance(file, FileModel):
            raise self._malformed(call, response, "not a stored file")
        if not _is_text(file.urls.get) or not file.urls.get.startswith(("https://", "http://")):
            raise self._malformed(call, response, "urls.get should be a URL")
        return file.urls.get

    def next_cursor(self, page: PredictionPage) -> str | None:
        """The cursor of the page that follows, or None after the last one.

        Raises:
            MalformedResponseError: If it is on another server.
        """
        following = plain(page.next_)
        if not isinstance(following, str):
            return None
        try:
            following.encode()
            url = urlsplit(urljoin(self.base_url, following))
            elsewhere = _origin(url) != _origin(urlsplit(self.base_url))
        except ValueError:
            return None
        if elsewhere:
            raise errors.MalformedResponseError(
                request=_requests()["listPredictions"],
                status_code=200,
                body=self.blot(following),
                reason=f"the next page is not at {self.base_url}, and nothing was sent there",
            )
        return parse_qs(url.query).get("cursor", [None])[0]

    def error(self, call: Call, response: Response[Any], now: float) -> errors.APIError:
        """The error for an answer that is not a success.

        Args:
            call: What was asked for.
            response: The answer.
            now: The time of day, in seconds since 1970.
        """
        problem = response.parsed if isinstance(response.parsed, Problem) else Problem()
        details: dict[str, Any] = {
            "request": call.name,
            "status_code": response.status_code,
            "title": self._text(problem.title),
            "detail": self._text(problem.detail),
            "headers": {name.lower(): self.blot(value) for name, value in response.headers.items()},
            "body": self._body(response),
        }
        cls = errors.class_for(response.status_code)
        if cls is errors.ValidationError:
            details["invalid_fields"] = self._invalid_fields(problem)
        elif cls is errors.RateLimitError:
            details["retry_after"] = retry_after(details["headers"], details["detail"], plain(problem.retry_after), now)
        return self._chained(cls(**details), response)

    def _check_identity(self, call: Call, response: Response[Any], predictions: Sequence[PredictionModel]) -> None:
        # The parser takes any type here, and everything that follows relies on these two.
        for prediction in predictions:
            for value in (prediction.id, prediction.status):
                if not _is_text(value):
                    raise self._malformed(call, response, "id and status should be texts that are not empty")

    def _malformed(self, call: Call, response: Response[Any], reason: str) -> errors.MalformedResponseError:
        details: dict[str, Any] = {"request": call.name, "status_code": response.status_code, "reason": reason}
        return self._chained(errors.MalformedResponseError(body=self._body(response), **details), response)

    def _chained(self, error: E, response: Response[Any]) -> E:
        """The error, caused by what made the body unreadable, if that is so."""
        if response.error is not None:
            # Not the exception itself, which may hold the whole body.
            error.__cause__ = ValueError(self.blot(f"{type(response.error).__name__}: {response.error}"))
        return error

    def _invalid_fields(self, problem: Problem) -> list[errors.InvalidField]:
        return [
            errors.InvalidField(*(self._text(part) or "" for part in (item.type_, item.field, item.description)))
            for item in plain(problem.invalid_fields) or []
            if isinstance(item, InvalidField)
        ]

    def _body(self, response: Response[Any]) -> str:
        return self.blot(response.content.decode("utf-8", errors="replace"))

    def _text(self, value: object) -> str | None:
        return self.blot(value) if isinstance(value, str) else None

    def blot(self, text: str) -> str:
        """A text without the token in it."""
        # A shorter one is no real token, and may well be part of a word.
        return text.replace(self.token, "[token]") if len(self.token) >= 8 else text


def plain(value: T | Unset) -> T | None:
    """A value of the generated client, with None for UNSET."""
    return None if isinstance(value, Unset) else value


def as_mapping(value: object) -> dict[str, Any]:
    """An object of an answer as a dict; empty if it is missing or something else."""
    return value.to_dict() if isinstance(value, JsonObject | PredictionMetrics | PredictionUrls) else {}


def _check_id(prediction_id: object) -> None:
    """Refuse what would be sent as something else; what is wrong within a text, the generated client finds."""
    if not isinstance(prediction_id, str):
        fault = f"{prediction_id!r:.80} is not a text"
        raise errors.InvalidInputError([errors.InvalidField("invalid_type", "prediction_id", fault)])


def _origin(url: SplitResult) -> tuple[str, str | None, int | None]:
    return url.scheme, url.hostname, url.port or {"http": 80, "https": 443}.get(url.scheme)


def _endpoint(module: object) -> Endpoint:
    return cast(Endpoint, module)


def _is_text(value: object) -> bool:
    """Whether this is a text that is not empty and can be sent back."""
    try:
        return isinstance(value, str) and value.encode() != b""
    except UnicodeEncodeError:
        return False
