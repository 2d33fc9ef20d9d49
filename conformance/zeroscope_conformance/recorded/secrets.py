"""Secrets of recordings: tokens, keys and cookies, masked when read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from ..exchange import TOKEN_VARIABLE, Exchange

MASK = f"${TOKEN_VARIABLE}"
"""What replaces a token."""

_CREDENTIALS = ("authorization", "proxy-authorization")
_COOKIES = ("cookie", "set-cookie")
_KEY = re.compile(rb"whsec_[\w+/=-]+")
# A shorter one, such as `x`, is a mask itself, and occurs in other words.
_MIN_LENGTH = 8


def mask_secrets(exchanges: Iterable[Exchange]) -> list[Exchange]:
    """Return exchanges in which a mask replaces each token wherever it occurs, and the values of cookies and keys."""
    found = list(exchanges)
    tokens = {token for exchange in found for token in _tokens(exchange.request_headers) if len(token) >= _MIN_LENGTH}
    ordered = sorted(tokens, key=len, reverse=True)
    pattern = re.compile(b"|".join(re.escape(one.encode("latin-1", "replace")) for one in ordered) or rb"(?!)")
    return [_masked(exchange, pattern) for exchange in found]


def _tokens(headers: Mapping[str, str]) -> list[str]:
    """Return the credentials in headers, without their scheme."""
    return [headers[name].partition(" ")[2].strip() or headers[name] for name in _CREDENTIALS if headers.get(name)]


def _masked(exchange: Exchange, tokens: re.Pattern[bytes]) -> Exchange:
    def mask(value: bytes) -> bytes:
        return _KEY.sub(b"whsec_...", tokens.sub(MASK.encode(), value))

    def headers(values: Mapping[str, str]) -> dict[str, str]:
        masked = {name: mask(value.encode("latin-1", "replace")).decode("latin-1") for name, value in values.items()}
        for name in _CREDENTIALS:
            if name in masked:
                scheme, space, _ = masked[name].partition(" ")
                masked[name] = f"{scheme} {MASK}" if space else MASK
        return {name: "..." if name in _COOKIES else value for name, value in masked.items()}

    return replace(
        exchange,
        url=mask(exchange.url.encode("utf-8", "replace")).decode(),
        request_headers=headers(exchange.request_headers),
        request_body=mask(exchange.request_body),
        response_headers=headers(exchange.response_headers),
        response_body=mask(exchange.response_body),
        token=MASK,
    )
