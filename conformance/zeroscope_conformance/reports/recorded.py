"""Exchanges as they may be shown: as texts, without tokens and secrets."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from zeroscope_mock.journal.body_text import body_text
from zeroscope_mock.journal.exchange import Exchange as RecordedExchange
from zeroscope_mock.journal.redaction import Redactor
from zeroscope_mock.messages import Headers

from ..exchange import Exchange
from ..webhook_keys import without_keys


def record(exchange: Exchange, number: int, limit: int) -> RecordedExchange:
    """Return an exchange as the mock server's journal would record it.

    Args:
        exchange: The exchange.
        number: Its number in the run, from 1.
        limit: The maximum length of each body, in bytes.
    """
    sent, received = _pairs(exchange.request_headers), _pairs(exchange.response_headers)
    # The server may return the token of another request.
    redactor = Redactor(sent, (exchange.token, *exchange.secrets))
    parts = urlsplit(redactor.url(exchange.url))
    request_type = exchange.request_headers.get("content-type", "")
    response_type = exchange.response_headers.get("content-type", "")
    return RecordedExchange(
        time=exchange.started_at,
        method=exchange.method,
        path=parts._replace(scheme="", netloc="", path=parts.path or "/", fragment="").geturl(),
        operation=exchange.operation,
        status=exchange.status or None,
        request_body=_without_secrets(body_text(exchange.request_body, request_type, redactor, limit)),
        response_body=_without_secrets(body_text(exchange.response_body, response_type, redactor, limit)),
        tenant=None,
        number=number,
        duration=exchange.seconds,
        request_headers=redactor.headers(sent),
        response_headers=redactor.headers(received),
        base_url=f"{parts.scheme}://{parts.netloc}",
    )


def _pairs(headers: Mapping[str, str]) -> Headers:
    return tuple((name.lower(), value) for name, value in headers.items())


def _without_secrets(text: str) -> str:
    return Redactor(()).url(without_keys(text))
