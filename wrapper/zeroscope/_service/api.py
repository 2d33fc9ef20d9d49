"""The seam: the one module that knows the generated client.

It turns arguments into calls of generated endpoints, and hands on the generated classes that `_answers` reads. None of
them shows in public, nor does UNSET, save the input's TypedDict.
"""

from __future__ import annotations

import functools
import io
import json
from collections.abc import Mapping
from types import NoneType
from typing import Any, TypeVar, cast, get_args, get_type_hints

from zeroscope_api.api.files import create_file
from zeroscope_api.api.predictions import cancel_prediction, create_prediction, get_prediction, list_predictions
from zeroscope_api.api.webhooks import get_default_webhook_secret
from zeroscope_api.client import DEFAULT_TIMEOUT
from zeroscope_api.client import AuthenticatedClient as ApiClient
from zeroscope_api.errors import InvalidPathSegmentError
from zeroscope_api.models import (
    CreateFileRequest,
    FileInput,
    JsonObject,
    PredictionInputDict,
    PredictionMetrics,
    PredictionPage,
    PredictionUrls,
    Problem,
    WebhookSecret,
)
from zeroscope_api.models import File as FileModel
from zeroscope_api.models import InvalidField as InvalidFieldModel
from zeroscope_api.models import Prediction as PredictionModel
from zeroscope_api.types import UNSET, File, Response, Unset

from .. import errors
from .._steps import Call, Endpoint
from .spec import spec

__all__ = [
    "DEFAULT_TIMEOUT",
    "ApiClient",
    "FileInput",
    "FileModel",
    "InvalidFieldModel",
    "InvalidPathSegmentError",
    "PredictionInputDict",
    "PredictionModel",
    "PredictionPage",
    "Problem",
    "Response",
    "Unset",
    "WebhookSecret",
    "as_mapping",
    "cancel_call",
    "create_call",
    "create_file_call",
    "file_fields",
    "final_statuses",
    "get_call",
    "is_text",
    "list_call",
    "plain",
    "prediction_from_json",
    "requests",
    "webhook_secret_call",
]

T = TypeVar("T")


@functools.cache
def final_statuses() -> frozenset[str]:
    """The statuses after which nothing more happens to a prediction."""
    return frozenset(spec()["components"]["schemas"]["PredictionStatus"]["x-final"])


@functools.cache
def file_fields() -> dict[str, bool]:
    """The fields of the input that take a file, by name, and whether they take None as well."""
    hints = {name: {hint, *get_args(hint)} for name, hint in get_type_hints(PredictionInputDict).items()}
    return {name: NoneType in forms for name, forms in hints.items() if forms.issuperset(get_args(FileInput))}


@functools.cache
def requests() -> dict[str, str]:
    """Method and path of each operation by its operationId, for messages."""
    return {
        operation["operationId"]: f"{method.upper()} {path}"
        for path, item in spec()["paths"].items()
        for method, operation in item.items()
        if isinstance(operation, dict) and "operationId" in operation
    }


class _Checked:
    """A body that was checked, in place of a model, which would take it apart only to put it together again."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        self._body = body

    def to_dict(self) -> Mapping[str, Any]:
        return self._body


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
        "body": _Checked(body),
        "cancel_after": UNSET if cancel_after is None else cancel_after,
        "prefer": UNSET if prefer is None else prefer,
    }
    return Call(_endpoint(create_prediction), arguments, requests()["createPrediction"], hold=hold)


def create_file_call(content: bytes, name: str, media_type: str) -> Call:
    """The call that uploads a file."""
    file = File(payload=io.BytesIO(content), file_name=name, mime_type=media_type)
    arguments = {"body": CreateFileRequest(content=file, filename=name, type_=media_type)}
    return Call(_endpoint(create_file), arguments, requests()["createFile"])


def get_call(prediction_id: str) -> Call:
    """The call that reads a prediction."""
    _check_id(prediction_id)
    arguments = {"prediction_id": prediction_id}
    return Call(_endpoint(get_prediction), arguments, requests()["getPrediction"].format(**arguments))


def cancel_call(prediction_id: str) -> Call:
    """The call that cancels a prediction."""
    _check_id(prediction_id)
    arguments = {"prediction_id": prediction_id}
    return Call(_endpoint(cancel_prediction), arguments, requests()["cancelPrediction"].format(**arguments))


def list_call(cursor: str | None) -> Call:
    """The call that reads one page of predictions."""
    arguments = {"cursor": UNSET if cursor is None else cursor}
    return Call(_endpoint(list_predictions), arguments, requests()["listPredictions"])


def webhook_secret_call() -> Call:
    """The call that reads the key of the account's webhooks."""
    return Call(_endpoint(get_default_webhook_secret), {}, requests()["getDefaultWebhookSecret"])


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
    if not isinstance(parsed, dict) or not (is_text(parsed.get("id")) and is_text(parsed.get("status"))):
        raise ValueError("id and status should be texts that are not empty")
    return PredictionModel.from_dict(parsed)


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


def _endpoint(module: object) -> Endpoint:
    return cast(Endpoint, module)


def is_text(value: object) -> bool:
    """Whether this is a text that is not empty and can be sent back."""
    try:
        return isinstance(value, str) and value.encode() != b""
    except UnicodeEncodeError:
        return False
