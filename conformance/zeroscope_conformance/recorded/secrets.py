"""Secrets of recordings: tokens, keys and cookies, masked when read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from zeroscope_mock.journal.redaction import TOKEN as MASK
from zeroscope_mock.journal.redaction import Redactor

from ..exchange import Exchange
from ..webhook_keys import without_keys

__all__ = ["MASK", "mask_secrets"]

_CREDENTIALS = ("authorization", "proxy-authorization")


def mask_secrets(exchanges: Iterable[Exchange]) -> list[Exchange]:
    """Return exchanges in which a mask replaces each token wherever it occurs, and the values of cookies and keys."""
    found = list(exchanges)
    headers = [(name, value) for one in found for name, value in one.request_headers.items() if name in _CREDENTIALS]
    # A token may occur in the response to another request.
    redactor = Redactor(tuple(dict.fromkeys(headers)))
    return [_masked(exchange, redactor) for exchange in found]


def _masked(exchange: Exchange, redactor: Redactor) -> Exchange:
    def masked_body(body: bytes) -> bytes:
        content = redactor.content(body, len(body)).decode("utf-8", "surrogateescape")
        return without_keys(content).encode("utf-8", "surrogateescape")

    def masked_headers(values: Mapping[str, str]) -> dict[str, str]:
        return {name: without_keys(value) for name, value in redactor.headers(tuple(values.items()))}

    return replace(
        exchange,
        url=without_keys(redactor.url(exchange.url)),
        request_headers=masked_headers(exchange.request_headers),
        request_body=masked_body(exchange.request_body),
        response_headers=masked_headers(exchange.response_headers),
        response_body=masked_body(exchange.response_body),
        token=MASK,
    )
