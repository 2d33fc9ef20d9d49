"""Secrets of recordings, which are masked as they are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from zeroscope_mock.cog.secret_fields import REDACTED, likely_secrets_in
from zeroscope_mock.journal.redaction import TOKEN as MASK
from zeroscope_mock.journal.redaction import Redactor
from zeroscope_mock.journal.secrets import redact_fields

from ..document import Document
from ..exchange import Exchange
from ..webhook_keys import without_keys

__all__ = ["MASK", "mask_secrets"]

_CREDENTIALS = ("authorization", "proxy-authorization")


def mask_secrets(exchanges: Iterable[Exchange], document: Document) -> list[Exchange]:
    """Return exchanges with masks for tokens and the secrets of inputs wherever they occur, and for cookies and keys.

    Args:
        exchanges: The exchanges.
        document: The document, which names the secret fields of its model; those of others are known by their names.
    """
    found = list(exchanges)
    headers = [(name, value) for one in found for name, value in one.request_headers.items() if name in _CREDENTIALS]
    inputs = set[str]()
    without = [_without_fields(one, document, inputs) for one in found]
    inputs.discard(REDACTED)
    # A token may occur in the response to another request.
    redactor = Redactor(tuple(dict.fromkeys(headers)), inputs=inputs)
    return [_masked(exchange, redactor) for exchange in without]


def _without_fields(exchange: Exchange, document: Document, found: set[str]) -> Exchange:
    """An exchange without the secret fields of its inputs, whose texts are added to those that were found."""
    declared = {name for name, schema in document.input_fields if schema.get("writeOnly") is True}

    def redacted(body: bytes) -> bytes:
        content, texts = redact_fields(body, declared | likely_secrets_in(body))
        found.update(texts)
        return content

    # The schema of a model has the names of its fields too, without a secret.
    shows_input = any("input" in one for one in (exchange.prediction or {}, *exchange.page_entries))
    response = redacted(exchange.response_body) if shows_input else exchange.response_body
    return replace(exchange, request_body=redacted(exchange.request_body), response_body=response)


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
