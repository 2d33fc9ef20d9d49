"""The client's configuration, from arguments, the environment and the spec."""

from __future__ import annotations

import copy
import os
from datetime import timedelta
from typing import NamedTuple, Self

import httpx

from ._constants import BASE_URL_VARIABLE, TOKEN_VARIABLE, USER_AGENT
from ._numbers import conversion_hint, is_number, to_seconds
from ._service.api import DEFAULT_TIMEOUT, ApiClient
from ._service.spec import spec
from .errors import ConfigurationError

MAX_PORT = 65_535
MAX_TIMEOUT = 86_400.0
EXCHANGE_TIMEOUT = 120.0
"""How long an exchange may take as a whole unless the client's timeout says otherwise, in seconds."""


class Timeouts(NamedTuple):
    """The limits of a request and its response, in seconds."""

    steps: httpx.Timeout
    """Those of each step."""
    total: float
    """That of the whole."""


class Config:
    """A client's configuration, validated; a ConfigurationError says what cannot be used."""

    def __init__(
        self,
        token: str | None = None,
        base_url: str | None = None,
        version: str | None = None,
        timeout: float | timedelta | httpx.Timeout | None = None,
    ) -> None:
        self.token = _token(os.environ.get(TOKEN_VARIABLE) if token is None else token)
        self.base_url = _base_url(base_url or os.environ.get(BASE_URL_VARIABLE) or spec()["servers"][0]["url"])
        self.version: str = spec()["info"]["x-replicate"]["version"] if version is None else version
        self.timeout, self.exchange_timeout = parse_timeout(timeout)

    def with_version(self, version: str | None) -> Self:
        """Return the same configuration with another version of the model."""
        same = copy.copy(self)
        same.version = spec()["info"]["x-replicate"]["version"] if version is None else version
        return same

    def api_client(self) -> ApiClient:
        """Return a generated client that builds the requests of its endpoints."""
        headers = {"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "gzip"}
        return ApiClient(self.base_url, token=self.token, headers=headers, timeout=self.timeout)


def _token(token: object) -> str:
    if token is not None and not isinstance(token, str):
        raise ConfigurationError(f"the API token should be a string, not of type {type(token).__name__}")
    if not token or not token.strip():
        raise ConfigurationError(
            f"there is no API token: set {TOKEN_VARIABLE} or pass token=; create one in the account's settings"
        )
    token = token.strip()
    if not token.isascii() or not token.isprintable() or " " in token:
        raise ConfigurationError(
            "the API token has characters that no token has, such as spaces or line breaks; check where it was copied"
        )
    return token


def _base_url(base_url: object) -> str:
    if not isinstance(base_url, str):
        raise ConfigurationError(f"the base URL should be a string, not {base_url!r:.80}")
    base_url = base_url.strip()
    try:
        url = httpx.URL(base_url)
    except (httpx.InvalidURL, TypeError, ValueError) as error:
        raise ConfigurationError(f"the base URL {base_url!r} cannot be used: {error}") from error
    if url.userinfo:
        raise ConfigurationError("the base URL cannot be used: it has a user name or password in it; use token=")
    is_http = url.scheme in {"http", "https"} and url.host and (url.port or 0) <= MAX_PORT
    if not is_http or "?" in base_url or "#" in base_url:
        raise ConfigurationError(
            f"the base URL {base_url!r} cannot be used: it should look like {spec()['servers'][0]['url']}"
        )
    return base_url


def parse_timeout(timeout: float | timedelta | httpx.Timeout | None) -> Timeouts:
    """Return the limits that a timeout stands for; a ConfigurationError says why it cannot be used."""
    if timeout is None or isinstance(timeout, httpx.Timeout):
        steps = DEFAULT_TIMEOUT if timeout is None else timeout
        longest = max((limit for limit in steps.as_dict().values() if limit is not None), default=0.0)
        return Timeouts(steps, max(longest, EXCHANGE_TIMEOUT))
    timeout = to_seconds(timeout)
    if not is_number(timeout, maximum=MAX_TIMEOUT) or not timeout:
        hint = conversion_hint(timeout)
        raise ConfigurationError(
            f"the timeout {timeout!r} cannot be used: it should be a number of seconds, above 0 and at most a day{hint}"
        )
    return Timeouts(httpx.Timeout(timeout), float(timeout))
