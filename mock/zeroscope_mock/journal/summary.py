"""Summaries of exchanges, as lists show them."""

from __future__ import annotations

from typing import Any

from .exchange import Exchange
from .single_line import single_line

_PROMPT_LENGTH = 200


def summary(exchange: Exchange) -> dict[str, Any]:
    """What a list shows of an exchange, as JSON values."""
    prompt = exchange.prompt
    return {
        "number": exchange.number,
        "time": exchange.time,
        "duration": exchange.duration,
        "method": exchange.method,
        "path": exchange.path,
        "operation": exchange.operation,
        "status": exchange.status,
        "tenant": exchange.tenant,
        "fault": exchange.fault,
        "note": exchange.note,
        "prediction": exchange.prediction,
        "status_after": exchange.status_after,
        "prompt": prompt and single_line(prompt, _PROMPT_LENGTH),
        "reason": exchange.reason,
        "notice": exchange.notice,
    }
