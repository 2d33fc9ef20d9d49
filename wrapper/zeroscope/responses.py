"""Raw responses of the API: status, headers and body, beside what was parsed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ._constants import REQUEST_ID_HEADER
from ._text import excerpt
from .errors import MalformedResponseError

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")


class RawResponse(Generic[T]):
    """A 2xx response of the API, as it was sent except for the token, and what was parsed of it.

    Args:
        request: The request's method and path, such as ``GET /predictions/abc``.
        status_code: The HTTP status.
        headers: The response's headers; the case of names does not matter, and `get_list` returns all values of one.
        content: The response's body in bytes, decompressed.
    """

    def __init__(self, request: str, status_code: int, headers: httpx.Headers, content: bytes) -> None:
        self.request = request
        self.status_code = status_code
        self.headers = headers
        self.content = content

    @property
    def request_id(self) -> str | None:
        """The ID by which the service's support finds the request; None if the response has none."""
        return self.headers.get(REQUEST_ID_HEADER) or None

    def parse(self) -> T:
        """Return what the method without the raw response returns; of `get` and `post`, the parsed JSON.

        Raises:
            MalformedResponseError: If the body of a `get` or `post` is not JSON.
        """
        try:
            parsed: T = json.loads(self.content)
        except (ValueError, RecursionError) as error:
            raise MalformedResponseError(
                request=self.request,
                status_code=self.status_code,
                body=self.content.decode(errors="replace"),
                # Not the exception itself, which may hold the whole body.
                reason=f"not JSON: {type(error).__name__}",
            ) from None
        return parsed

    def __repr__(self) -> str:
        id = f", request ID {excerpt(self.request_id)}" if self.request_id else ""
        return f"<RawResponse {self.request}: {self.status_code}{id}>"


class ParsedResponse(RawResponse[T]):
    """A raw response with an object that was already parsed, and validated, from it."""

    def __init__(self, parsed: T, raw: RawResponse[Any]) -> None:
        super().__init__(raw.request, raw.status_code, raw.headers, raw.content)
        self._parsed = parsed

    def parse(self) -> T:
        """Return the parsed object, each time the same."""
        return self._parsed
