from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.problem import Problem
from ...models.webhook_secret import WebhookSecret
from ...types import Response


def _get_kwargs() -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/webhooks/default/secret",
    }

    return _kwargs


def _parse_response(response: httpx.Response) -> Problem | WebhookSecret | None:
    if response.status_code == 200:
        response_200 = WebhookSecret.from_dict(response.json())

        return response_200

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

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


def _build_response(response: httpx.Response) -> Response[Problem | WebhookSecret]:
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
) -> Response[Problem | WebhookSecret]:
    """Get the key that signs your webhooks

    Returns the signing key of the token's account, which verifies that the service sent a webhook.

    Raises:
        httpx.TransportError: If there is no answer, or none in time.

    Returns:
        The answer; see Response for one that is not what the document says.
    """

    kwargs = _get_kwargs()

    return _build_response(client.request(kwargs))


def sync(
    *,
    client: AuthenticatedClient | Client,
) -> Problem | WebhookSecret | None:
    """Get the key that signs your webhooks

    Returns the signing key of the token's account, which verifies that the service sent a webhook.

    Raises:
        httpx.TransportError: If there is no answer, or none in time.

    Returns:
        The answer's body, or None if it is not what the document says.
    """

    return sync_detailed(
        client=client,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
) -> Response[Problem | WebhookSecret]:
    """Get the key that signs your webhooks

    Returns the signing key of the token's account, which verifies that the service sent a webhook.

    Raises:
        httpx.TransportError: If there is no answer, or none in time.

    Returns:
        The answer; see Response for one that is not what the document says.
    """

    kwargs = _get_kwargs()

    return _build_response(await client.request_async(kwargs))


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
) -> Problem | WebhookSecret | None:
    """Get the key that signs your webhooks

    Returns the signing key of the token's account, which verifies that the service sent a webhook.

    Raises:
        httpx.TransportError: If there is no answer, or none in time.

    Returns:
        The answer's body, or None if it is not what the document says.
    """

    return (
        await asyncio_detailed(
            client=client,
        )
    ).parsed
