"""The schema of HTTP Archives (HAR 1.2), written from the specification."""

from __future__ import annotations

from typing import Any


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None) -> dict[str, Any]:
    """An object without other fields than these, a comment, and custom ones, whose names begin with an underscore."""
    return {
        "type": "object",
        "required": list(required),
        "properties": {**required, **(optional or {}), "comment": _STRING},
        "patternProperties": {"^_": True},
        "additionalProperties": False,
    }


_STRING = {"type": "string"}
_INTEGER = {"type": "integer"}
_SECONDS = {"type": "number", "minimum": 0}
# Minus 1 stands for what does not apply or is not known.
_SIZE = {"type": "integer", "minimum": -1}
_TIMING = {"type": "number", "minimum": -1}
# ISO 8601 with milliseconds and an offset.
_DATE = {
    "type": "string",
    "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}(Z|[+-][0-9]{2}:[0-9]{2})$",
}
_PAIRS = {"type": "array", "items": _object({"name": _STRING, "value": _STRING})}
_COOKIES = {
    "type": "array",
    "items": _object(
        {"name": _STRING, "value": _STRING},
        {
            "path": _STRING,
            "domain": _STRING,
            "expires": _DATE,
            "httpOnly": {"type": "boolean"},
            "secure": {"type": "boolean"},
        },
    ),
}
_PARAMS = {
    "type": "array",
    "items": _object({"name": _STRING}, {"value": _STRING, "fileName": _STRING, "contentType": _STRING}),
}
_CREATOR = _object({"name": _STRING, "version": _STRING})
_REQUEST = _object(
    {
        "method": {"type": "string", "minLength": 1},
        "url": {"type": "string", "pattern": "^https?://[^/?#]+/[^#]*$"},
        "httpVersion": _STRING,
        "cookies": _COOKIES,
        "headers": _PAIRS,
        "queryString": _PAIRS,
        "headersSize": _SIZE,
        "bodySize": _SIZE,
    },
    # Of the parameters and the text, there is one.
    {
        "postData": {
            "oneOf": [
                _object({"mimeType": _STRING, "params": _PARAMS}, {}),
                _object({"mimeType": _STRING, "text": _STRING}, {}),
            ]
        }
    },
)
_RESPONSE = _object(
    {
        "status": {"type": "integer", "minimum": 0, "maximum": 599},
        "statusText": _STRING,
        "httpVersion": _STRING,
        "cookies": _COOKIES,
        "headers": _PAIRS,
        "content": _object(
            {"size": {"type": "integer", "minimum": 0}, "mimeType": _STRING},
            {"compression": _INTEGER, "text": _STRING, "encoding": _STRING},
        ),
        "redirectURL": _STRING,
        "headersSize": _SIZE,
        "bodySize": _SIZE,
    }
)
_ENTRY = _object(
    {
        "startedDateTime": _DATE,
        "time": _SECONDS,
        "request": _REQUEST,
        "response": _RESPONSE,
        "cache": {"type": "object"},
        "timings": _object(
            {"send": _SECONDS, "wait": _SECONDS, "receive": _SECONDS},
            {"blocked": _TIMING, "dns": _TIMING, "connect": _TIMING, "ssl": _TIMING},
        ),
    },
    {"pageref": _STRING, "serverIPAddress": _STRING, "connection": _STRING},
)
HAR = _object(
    {
        "log": _object(
            {"version": {"const": "1.2"}, "creator": _CREATOR, "entries": {"type": "array", "items": _ENTRY}},
            {"browser": _CREATOR, "pages": {"type": "array", "items": {"type": "object"}}},
        )
    }
)
"""The schema of a whole archive."""
