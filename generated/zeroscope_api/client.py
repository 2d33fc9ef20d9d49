"""The HTTP clients of the endpoints, with or without a token."""

import copy
import functools
from collections.abc import Generator
from typing import Any, Self

import httpx

DEFAULT_TIMEOUT = httpx.Timeout(60.0, connect=10.0)
# A program creates at one URL and polls a few others, which httpx would parse for every request.
_parse_url = functools.lru_cache(httpx.URL)


class Client:
    """Sends requests to one base URL, without a token.

    Args:
        base_url: The URL that every path is appended to.
        headers: Sent with every call.
        timeout: How long each step of a call may take; never without a limit unless asked for.
        httpx_client: Sends the calls of `sync` and `sync_detailed`; made when first needed.
        async_httpx_client: Sends the calls of `asyncio` and `asyncio_detailed`; made when first needed.

    """

    def __init__(
        self,
        base_url: str,
        *,
        headers: dict[str, str] | None = None,
        timeout: httpx.Timeout = DEFAULT_TIMEOUT,
        httpx_client: httpx.Client | None = None,
        async_httpx_client: httpx.AsyncClient | None = None,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._headers = headers or {}
        # Headers may hold secrets, which should not outlive the client, so each client has a cache of its own.
        self._merge_headers = functools.lru_cache(maxsize=16)(_merge_headers)
        self._timeout = timeout
        self._httpx_client = httpx_client
        self._async_httpx_client = async_httpx_client
        self.auth: httpx.Auth = httpx.Auth()

    def __repr__(self) -> str:
        return f"{type(self).__name__}(base_url={self._base_url!r}, timeout={self._timeout!r})"

    @property
    def timeout(self) -> httpx.Timeout:
        """How long each step of a call may take."""
        return self._timeout

    def with_timeout(self, timeout: httpx.Timeout) -> Self:
        """The same client with another timeout and the same connections."""
        same = copy.copy(self)
        same._timeout = timeout
        return same

    def request(self, kwargs: dict[str, Any]) -> httpx.Response:
        """Send one call of an endpoint."""
        if self._httpx_client is None:
            self._httpx_client = httpx.Client()
        request = self.build_request(self._httpx_client, kwargs)
        return self._httpx_client.send(request, auth=self.auth, follow_redirects=False)

    async def request_async(self, kwargs: dict[str, Any]) -> httpx.Response:
        """Send one call of an endpoint."""
        if self._async_httpx_client is None:
            self._async_httpx_client = httpx.AsyncClient()
        request = self.build_request(self._async_httpx_client, kwargs)
        return await self._async_httpx_client.send(request, auth=self.auth, follow_redirects=False)

    def build_request(self, http: httpx.Client | httpx.AsyncClient, kwargs: dict[str, Any]) -> httpx.Request:
        """The request of one call, without its auth.

        It has the parameters, cookies and headers that the httpx client adds to every request, but a header of this
        client or of the call itself takes precedence, whatever its content needs included.

        """
        own = self._headers | kwargs.get("headers", {})
        headers = self._merge_headers(tuple(own.items()), tuple(http.headers.raw))
        arguments = {**kwargs, "url": _parse_url(self._base_url + kwargs["url"]), "headers": headers}
        request = httpx.Request(**arguments, extensions={"timeout": self._timeout.as_dict()})
        if http.params:
            request.url = request.url.copy_merge_params(http.params)
        if http.cookies:
            http.cookies.set_cookie_header(request)
        return request

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


def _merge_headers(own: tuple[tuple[str, str], ...], wide: tuple[tuple[bytes, bytes], ...]) -> httpx.Headers:
    """The headers of a call, and those of the httpx client that they do not replace."""
    # One content type for all requests would replace that of this one's content.
    names = {name.lower().encode() for name, _ in own} | {b"content-type"}
    merged: list[Any] = [*own, *(header for header in wide if header[0].lower() not in names)]
    return httpx.Headers(merged)


class BearerAuth(httpx.Auth):
    """Adds a bearer token to requests, and shows it nowhere else."""

    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send a request once, with the token."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


class AuthenticatedClient(Client):
    """Sends requests to one base URL with a bearer token, which shows nowhere else.

    Args:
        base_url: As for Client.
        token: The token.
        settings: The other arguments of Client.

    """

    def __init__(self, base_url: str, *, token: str, **settings: Any) -> None:
        super().__init__(base_url, **settings)
        self.auth = BearerAuth(token)
