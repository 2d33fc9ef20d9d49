"""Runtime expressions of OpenAPI, as links and callbacks use them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..exchange import Exchange
from .requests import DecodedRequest
from .values import ABSENT


def expand(template: Any, exchange: Exchange, request: DecodedRequest) -> Any:
    """Return a template with the values of its expressions; `ABSENT` if one has no value.

    Args:
        template: An expression, a text with expressions in braces, or a constant.
        exchange: The exchange that the expressions refer to.
        request: Its request.
    """
    if not isinstance(template, str):
        return template
    if template.startswith("$"):
        return _evaluate(template, exchange, request)
    values = {name: _evaluate(name, exchange, request) for name in re.findall(r"{(\$[^{}]+)}", template)}
    if ABSENT in values.values():
        return ABSENT
    return re.sub(r"{(\$[^{}]+)}", lambda found: str(values[found[1]]), template)


def _evaluate(expression: str, exchange: Exchange, request: DecodedRequest) -> Any:
    match re.split(r"[.#]", expression, maxsplit=2):
        case ["$url"]:
            return exchange.url
        case ["$method"]:
            return exchange.method
        case ["$statusCode"]:
            return exchange.status
        case ["$request", "body", *pointer]:
            return _at(request.body, "".join(pointer))
        case ["$response", "body", *pointer]:
            return _at(ABSENT if exchange.json is None else exchange.json, "".join(pointer))
        case ["$request", "header", name]:
            return exchange.request_headers.get(name.lower(), ABSENT)
        case ["$response", "header", name]:
            return exchange.response_headers.get(name.lower(), ABSENT)
        case ["$request", where, name]:
            return request.parameters.get((where, name), ABSENT)
        case _:
            return ABSENT


def _at(value: Any, pointer: str) -> Any:
    """Return the value at a JSON pointer; that of the only item for an array, as creates return it as published."""
    if isinstance(value, list) and len(value) == 1 and not re.match(r"/\d", pointer):
        value = value[0]
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, Mapping) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return ABSENT
    return value
