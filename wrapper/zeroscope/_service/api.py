"""Calls of the generated client's endpoints, and the generated classes.

Only this folder imports `zeroscope_api`. No generated class and no UNSET shows in public, except the input's TypedDict.
"""

from __future__ import annotations

import functools
import io
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, TypeVar

import attrs
import httpx

from zeroscope_api import api, models
from zeroscope_api.client import DEFAULT_TIMEOUT
from zeroscope_api.client import AuthenticatedClient as ApiClient
from zeroscope_api.errors import InvalidPathSegmentError
from zeroscope_api.models import Prediction as PredictionModel
from zeroscope_api.models import PredictionPage
from zeroscope_api.types import UNSET, File, Response, Unset

from .. import errors
from .._steps import Call
from .spec import spec

__all__ = [
    "DEFAULT_TIMEOUT",
    "ApiClient",
    "InvalidPathSegmentError",
    "PredictionModel",
    "PredictionPage",
    "Response",
    "Unset",
]

T = TypeVar("T")

# The characters of a path that is sent as it is written, and parts of it that lead up.
_PATH = r"/?(?!/)(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})+"
# Servers may decode slashes first, take backslashes for slashes, or ignore what follows a semicolon.
_DOTS = r"(?i)(?:^|/|%2f|%5c)(?:\.|%2e){1,2}(?:/|%2f|%5c|;|%3b|$)|://"


@functools.cache
def final_statuses() -> frozenset[str]:
    """Return the statuses in which a prediction has ended."""
    return frozenset(spec()["components"]["schemas"]["PredictionStatus"]["x-final"])


@functools.cache
def operation_names() -> dict[str, str]:
    """Return the method and path of each operation by its operationId, for messages."""
    return {
        operation["operationId"]: f"{method.upper()} {path}"
        for path, item in spec()["paths"].items()
        for method, operation in item.items()
        if isinstance(operation, dict) and "operationId" in operation
    }


def create_call(
    body: Mapping[str, Any], cancel_after: str | None = None, prefer: str | None = None, hold: float | None = None
) -> Call:
    """Return the call that creates a prediction; `prefer` lets the service hold the request for `hold` seconds."""
    arguments = {
        # Not a generated model, which would parse the validated body only to serialize it again.
        "body": SimpleNamespace(to_dict=lambda: body),
        "cancel_after": UNSET if cancel_after is None else cancel_after,
        "prefer": UNSET if prefer is None else prefer,
    }
    return Call(api.create_prediction, arguments, operation_names()["createPrediction"], hold=hold)


def create_file_call(content: bytes, name: str, media_type: str) -> Call:
    """Return the call that uploads a file."""
    file = File(payload=io.BytesIO(content), file_name=name, mime_type=media_type)
    arguments = {"body": models.CreateFileRequest(content=file, filename=name, type_=media_type)}
    return Call(api.create_file, arguments, operation_names()["createFile"])


def get_call(prediction_id: str) -> Call:
    """Return the call that reads a prediction."""
    return _call_by_id(api.get_prediction, "getPrediction", prediction_id)


def cancel_call(prediction_id: str) -> Call:
    """Return the call that cancels a prediction."""
    return _call_by_id(api.cancel_prediction, "cancelPrediction", prediction_id)


def list_call(parameters: Mapping[str, str]) -> Call:
    """Return the call that reads one page of predictions, with validated parameters."""
    arguments = {name: _Parameter(value) for name, value in parameters.items()}
    return Call(api.list_predictions, arguments, operation_names()["listPredictions"])


def webhook_secret_call() -> Call:
    """Return the call that reads the signing key of the account's webhooks."""
    return Call(api.get_default_webhook_secret, {}, operation_names()["getDefaultWebhookSecret"])


def any_call(method: str, path: str, *, params: Mapping[str, Any] | None = None, json: Any = None) -> Call:
    """Return the call of an operation that the document may not have.

    Its path is relative to the base URL, so that the token goes nowhere else, and it has no query, which may hold
    secrets: the path is shown in errors and logs.
    """
    if not isinstance(path, str) or not re.fullmatch(_PATH, path) or re.search(_DOTS, path):
        problem = f"{path!r:.80} is not a path below the base URL, such as /account"
        hint = "; pass its query as params=" if isinstance(path, str) and "?" in path else ""
        raise errors.invalid_argument("path", problem + hint)
    path = path if path.startswith("/") else f"/{path}"
    request: dict[str, Any] = {"method": method, "url": path}
    if params:
        request["params"] = dict(params)
    if json is not None:
        request["json"] = json
    return Call(_AnyEndpoint, {"request": request}, f"{method} {path}")


def prediction_from_json(body: bytes) -> PredictionModel:
    """Parse a prediction from a webhook's body, or raise a ValueError with the reason why it is none."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError) as error:
        # Not the exception itself, which may hold the whole body.
        raise ValueError(f"{type(error).__name__}: {error}") from None
    if not isinstance(parsed, dict) or not (is_text(parsed.get("id")) and is_text(parsed.get("status"))):
        raise ValueError("id and status should be non-empty strings")
    return PredictionModel.from_dict(parsed)


def or_none(value: T | Unset) -> T | None:
    """Return a value of a generated class, with None for UNSET."""
    return None if isinstance(value, Unset) else value


def fill_unset(model: PredictionModel, before: PredictionModel) -> PredictionModel:
    """Give a prediction the fields that it lacks from an earlier state of it, and return it."""
    for field in attrs.fields(PredictionModel):
        if isinstance(getattr(model, field.name), Unset):
            setattr(model, field.name, getattr(before, field.name))
    model.additional_properties = {**before.additional_properties, **model.additional_properties}
    return model


def as_mapping(value: object) -> dict[str, Any]:
    """Return an object of a response as a dict; empty if it is missing or of another type."""
    if isinstance(value, models.JsonObject | models.PredictionMetrics | models.PredictionUrls):
        return value.to_dict()
    return {}


def is_text(value: object) -> bool:
    """Whether a value is a non-empty string that can be encoded."""
    try:
        return isinstance(value, str) and value.encode() != b""
    except UnicodeEncodeError:
        return False


class _AnyEndpoint:
    """An endpoint of any operation, with the two functions of a generated one."""

    @staticmethod
    def sync_detailed(*, client: ApiClient, request: dict[str, Any]) -> Response[models.Problem]:
        return _any_response(client.request(request))

    @staticmethod
    async def asyncio_detailed(*, client: ApiClient, request: dict[str, Any]) -> Response[models.Problem]:
        return _any_response(await client.request_async(request))


def _any_response(response: httpx.Response) -> Response[models.Problem]:
    problem = None
    if not response.is_success:
        with suppress(ValueError, TypeError, KeyError, AttributeError, RecursionError):
            problem = models.Problem.from_dict(response.json())
    return Response(response.status_code, response.content, response.headers, problem)


class _Parameter(str):
    """A parameter that is sent as it was written: the endpoint takes a time as a `datetime`, which has fewer digits."""

    __slots__ = ()

    def isoformat(self) -> str:
        return str(self)


def _call_by_id(endpoint: Any, operation: str, prediction_id: str) -> Call:
    # The generated client checks the string itself.
    if not isinstance(prediction_id, str):
        raise errors.invalid_argument("prediction_id", f"{prediction_id!r:.80} is not a string")
    arguments = {"prediction_id": prediction_id}
    return Call(endpoint, arguments, operation_names()[operation].format(**arguments))
