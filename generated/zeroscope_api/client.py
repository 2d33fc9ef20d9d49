"""What the endpoints send their requests with."""

from collections.abc import Generator
from typing import Any, Self

import httpx
from attrs import define, evolve, field

DEFAULT_TIMEOUT = httpx.Timeout(60.0, connect=10.0)


def _without_slash(url: str) -> str:
    return url.rstrip("/")


@define(eq=False)
class Client:
    """Sends requests to one base URL, without a token.

    Args:
        base_url: The address that every path is added to.
        headers: Sent with every call.
        timeout: How long each step of a call may take; never without a limit unless asked for.
        httpx_client: Sends the calls of `sync` and `sync_detailed`; made when first needed.
        async_httpx_client: Sends the calls of `asyncio` and `asyncio_detailed`; made when first needed.

    """

    _base_url: str = field(alias="base_url", converter=_without_slash)
    _headers: dict[str, str] = field(factory=dict, kw_only=True, alias="headers", repr=False)
    _timeout: httpx.Timeout = field(default=DEFAULT_TIMEOUT, kw_only=True, alias="timeout")
    _httpx_client: httpx.Client | None = field(default=None, kw_only=True, alias="httpx_client", repr=False)
    _async_httpx_client: httpx.AsyncClient | None = field(
        default=None, kw_only=True, alias="async_httpx_client", repr=False
    )

    @property
    def timeout(self) -> httpx.Timeout:
        """How long each step of a call may take."""
        return self._timeout

    def with_timeout(self, timeout: httpx.Timeout) -> Self:
        """The same client with another timeout and the same connections."""
        return evolve(self, timeout=timeout)

    def authorization(self) -> dict[str, httpx.Auth]:
        """What proves who is calling, as httpx takes it."""
        return {}

    def request(self, kwargs: dict[str, Any]) -> httpx.Response:
        """Send one call of an endpoint."""
        if self._httpx_client is None:
            self._httpx_client = httpx.Client()
        return self._httpx_client.request(**self._absolute(kwargs))

    async def request_async(self, kwargs: dict[str, Any]) -> httpx.Response:
        """Send one call of an endpoint."""
        if self._async_httpx_client is None:
            self._async_httpx_client = httpx.AsyncClient()
        return await self._async_httpx_client.request(**self._absolute(kwargs))

    def _absolute(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        return {
            **kwargs,
            **self.authorization(),
            "url": self._base_url + kwargs["url"],
            "headers": {**self._headers, **kwargs.get("headers", {})},
            "timeout": self._timeout,
            "follow_redirects": False,
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._httpx_client is not None:
            self._httpx_client.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._async_httpx_client is not None:
            await self._async_httpx_client.aclose()


class BearerAuth(httpx.Auth):
    """Adds a bearer token to requests, and shows it nowhere else."""

    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send a request once, with the token."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


@define(eq=False)
class AuthenticatedClient(Client):
    """Sends requests to one base URL with a bearer token, which shows nowhere else."""

    _token: str = field(alias="token", kw_only=True, repr=False)

    def authorization(self) -> dict[str, httpx.Auth]:
        """What proves who is calling, as httpx takes it."""
        return {"auth": BearerAuth(self._token)}
