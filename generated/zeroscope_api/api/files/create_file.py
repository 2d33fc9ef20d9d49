from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.create_file_request import CreateFileRequest
from ...models.file import File
from ...models.problem import Problem
from ...types import Response


def _get_kwargs(
    *,
    body: CreateFileRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/files",
    }

    _kwargs["files"] = body.to_multipart()

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(response: httpx.Response) -> File | Problem | None:
    if response.status_code == 201:
        response_201 = File.from_dict(response.json())

        return response_201

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 422:
        response_422 = Problem.from_dict(response.json())

        return response_422

    if response.status_code == 429:
        response_429 = Problem.from_dict(response.json())

        return response_429

    if 400 <= response.status_code <= 499:
        response_4xx = Problem.from_dict(response.json())

        return response_4xx

    if 500 <= response.status_code <= 599:
        response_5xx = Problem.from_dict(response.json())

        return response_5xx

    return None


def _build_response(response: httpx.Response) -> Response[File | Problem]:
    parsed, error = None, None
    try:
        parsed = _parse_response(response)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as exception:
        error = exception
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=parsed,
        error=error,
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: CreateFileRequest,
) -> Response[File | Problem]:
    """Upload a file to use as an input

    Stores one file of at most 100 MiB and returns a URL for use in the input of a prediction.

    Args:
        body (CreateFileRequest): A file and its metadata.

    Raises:
        httpx.TransportError: If there is no answer, or none in time.

    Returns:
        The answer; see Response for one that is not what the document says.
    """

    kwargs = _get_kwargs(
        body=body,
    )

    return _build_response(client.request(kwargs))


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: CreateFileRequest,
) -> File | Problem | None:
    """Upload a file to use as an input

    Stores one file of at most 100 MiB and returns a URL for use in the input of a prediction.

    Args:
        body (CreateFileRequest): A file and its metadata.

    Raises:
        httpx.TransportError: If there is no answer, or none in time.

    Returns:
        The answer's body, or None if it is not what the document says.
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: CreateFileRequest,
) -> Response[File | Problem]:
    """Upload a file to use as an input

    Stores one file of at most 100 MiB and returns a URL for use in the input of a prediction.

    Args:
        body (CreateFileRequest): A file and its metadata.

    Raises:
        httpx.TransportError: If there is no answer, or none in time.

    Returns:
        The answer; see Response for one that is not what the document says.
    """

    kwargs = _get_kwargs(
        body=body,
    )

    return _build_response(await client.request_async(kwargs))


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: CreateFileRequest,
) -> File | Problem | None:
    """Upload a file to use as an input

    Stores one file of at most 100 MiB and returns a URL for use in the input of a prediction.

    Args:
        body (CreateFileRequest): A file and its metadata.

    Raises:
        httpx.TransportError: If there is no answer, or none in time.

    Returns:
        The answer's body, or None if it is not what the document says.
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
