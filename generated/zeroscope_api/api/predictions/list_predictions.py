import datetime
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.list_predictions_source import (
    ListPredictionsSource,
)
from ...models.prediction_page import PredictionPage
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    cursor: str | Unset = UNSET,
    created_after: datetime.datetime | Unset = UNSET,
    created_before: datetime.datetime | Unset = UNSET,
    source: ListPredictionsSource | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["cursor"] = cursor

    json_created_after: str | Unset = UNSET
    if not isinstance(created_after, Unset):
        json_created_after = created_after.isoformat()
    params["created_after"] = json_created_after

    json_created_before: str | Unset = UNSET
    if not isinstance(created_before, Unset):
        json_created_before = created_before.isoformat()
    params["created_before"] = json_created_before

    json_source: str | Unset = UNSET
    if not isinstance(source, Unset):
        json_source = source

    params["source"] = json_source

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/predictions",
        "params": params,
    }

    return _kwargs


def _parse_response(response: httpx.Response) -> PredictionPage | Problem | None:
    if response.status_code == 200:
        response_200 = PredictionPage.from_dict(response.json())

        return response_200

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


def _build_response(response: httpx.Response) -> Response[PredictionPage | Problem]:
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
    cursor: str | Unset = UNSET,
    created_after: datetime.datetime | Unset = UNSET,
    created_before: datetime.datetime | Unset = UNSET,
    source: ListPredictionsSource | Unset = UNSET,
) -> Response[PredictionPage | Problem]:
    """List the first page of your predictions

    Returns the predictions of the token's account, newest first, 100 per page. `next` links to the next page.

    Args:
        cursor (str | Unset):
        created_after (datetime.datetime | Unset):
        created_before (datetime.datetime | Unset):
        source (ListPredictionsSource | Unset):

    Raises:
        httpx.TransportError: If there is no answer, or none in time.

    Returns:
        The answer; see Response for one that is not what the document says.
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        created_after=created_after,
        created_before=created_before,
        source=source,
    )

    return _build_response(client.request(kwargs))


def sync(
    *,
    client: AuthenticatedClient | Client,
    cursor: str | Unset = UNSET,
    created_after: datetime.datetime | Unset = UNSET,
    created_before: datetime.datetime | Unset = UNSET,
    source: ListPredictionsSource | Unset = UNSET,
) -> PredictionPage | Problem | None:
    """List the first page of your predictions

    Returns the predictions of the token's account, newest first, 100 per page. `next` links to the next page.

    Args:
        cursor (str | Unset):
        created_after (datetime.datetime | Unset):
        created_before (datetime.datetime | Unset):
        source (ListPredictionsSource | Unset):

    Raises:
        httpx.TransportError: If there is no answer, or none in time.

    Returns:
        The answer's body, or None if it is not what the document says.
    """

    return sync_detailed(
        client=client,
        cursor=cursor,
        created_after=created_after,
        created_before=created_before,
        source=source,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    cursor: str | Unset = UNSET,
    created_after: datetime.datetime | Unset = UNSET,
    created_before: datetime.datetime | Unset = UNSET,
    source: ListPredictionsSource | Unset = UNSET,
) -> Response[PredictionPage | Problem]:
    """List the first page of your predictions

    Returns the predictions of the token's account, newest first, 100 per page. `next` links to the next page.

    Args:
        cursor (str | Unset):
        created_after (datetime.datetime | Unset):
        created_before (datetime.datetime | Unset):
        source (ListPredictionsSource | Unset):

    Raises:
        httpx.TransportError: If there is no answer, or none in time.

    Returns:
        The answer; see Response for one that is not what the document says.
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        created_after=created_after,
        created_before=created_before,
        source=source,
    )

    return _build_response(await client.request_async(kwargs))


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    cursor: str | Unset = UNSET,
    created_after: datetime.datetime | Unset = UNSET,
    created_before: datetime.datetime | Unset = UNSET,
    source: ListPredictionsSource | Unset = UNSET,
) -> PredictionPage | Problem | None:
    """List the first page of your predictions

    Returns the predictions of the token's account, newest first, 100 per page. `next` links to the next page.

    Args:
        cursor (str | Unset):
        created_after (datetime.datetime | Unset):
        created_before (datetime.datetime | Unset):
        source (ListPredictionsSource | Unset):

    Raises:
        httpx.TransportError: If there is no answer, or none in time.

    Returns:
        The answer's body, or None if it is not what the document says.
    """

    return (
        await asyncio_detailed(
            client=client,
            cursor=cursor,
            created_after=created_after,
            created_before=created_before,
            source=source,
        )
    ).parsed
