"""Calls of the generated client's endpoints, and the generated classes.

Only this folder imports `zeroscope_api`. No generated class and no UNSET shows in public, except the input's TypedDict.
"""

from __future__ import annotations

import functools
import io
import json
from collections.abc import Mapping
from types import NoneType, SimpleNamespace
from typing import Any, TypeVar, get_args, get_type_hints

from zeroscope_api import models
from zeroscope_api.api.files import create_file
from zeroscope_api.api.predictions import cancel_prediction, create_prediction, get_prediction, list_predictions
from zeroscope_api.api.webhooks import get_default_webhook_secret
from zeroscope_api.client import DEFAULT_TIMEOUT
from zeroscope_api.client import AuthenticatedClient as ApiClient
from zeroscope_api.errors import InvalidPathSegmentError
from zeroscope_api.models import INPUT_DESCRIPTIONS, FileInput, PredictionInputDict, PredictionPage
from zeroscope_api.models import Prediction as PredictionModel
from zeroscope_api.types import UNSET, File, Response, Unset

from .. import errors
from .._steps import Call
from .spec import spec

__all__ = [
    "DEFAULT_TIMEOUT",
    "INPUT_DESCRIPTIONS",
    "ApiClient",
    "FileInput",
    "InvalidPathSegmentError",
    "PredictionInputDict",
    "PredictionModel",
    "PredictionPage",
    "Response",
    "Unset",
]

T = TypeVar("T")


@functools.cache
def final_statuses() -> frozenset[str]:
    """Return the statuses in which a prediction has ended."""
    return frozenset(spec()["components"]["schemas"]["PredictionStatus"]["x-final"])


@functools.cache
def file_fields() -> dict[str, bool]:
    """Return the names of the input's fields that take a file, and whether each takes None as well."""
    hints = {name: {hint, *get_args(hint)} for name, hint in get_type_hints(PredictionInputDict).items()}
    return {name: NoneType in forms for name, forms in hints.items() if forms.issuperset(get_args(FileInput))}


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
    return Call(create_prediction, arguments, operation_names()["createPrediction"], hold=hold)


def create_file_call(content: bytes, name: str, media_type: str) -> Call:
    """Return the call that uploads a file."""
    file = File(payload=io.BytesIO(content), file_name=name, mime_type=media_type)
    arguments = {"body": models.CreateFileRequest(content=file, filename=name, type_=media_type)}
    return Call(create_file, arguments, operation_names()["createFile"])


def get_call(prediction_id: str) -> Call:
    """Return the call that reads a prediction."""
    return _call_by_id(get_prediction, "getPrediction", prediction_id)


def cancel_call(prediction_id: str) -> Call:
    """Return the call that cancels a prediction."""
    return _call_by_id(cancel_prediction, "cancelPrediction", prediction_id)


def list_call(parameters: Mapping[str, str]) -> Call:
    """Return the call that reads one page of predictions, with validated parameters."""
    arguments = {name: _Parameter(value) for name, value in parameters.items()}
    return Call(list_predictions, arguments, operation_names()["listPredictions"])


def webhook_secret_call() -> Call:
    """Return the call that reads the signing key of the account's webhooks."""
    return Call(get_default_webhook_secret, {}, operation_names()["getDefaultWebhookSecret"])


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
