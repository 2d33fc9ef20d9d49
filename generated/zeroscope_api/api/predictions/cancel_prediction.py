from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.prediction import Prediction
from ...models.problem import Problem
from ...types import Response, path_segment


def _get_kwargs(
    prediction_id: str,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/predictions/{prediction_id}/cancel".format(
            prediction_id=path_segment("prediction_id", prediction_id),
        ),
    }

    return _kwargs


def _parse_response(response: httpx.Response) -> Prediction | Problem | None:
    if response.status_code == 200:
        response_200 = Prediction.from_dict(response.json())

        return response_200

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 404:
        response_404 = Problem.from_dict(response.json())

        return response_404

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


def _build_response(response: httpx.Response) -> Response[Prediction | Problem]:
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
    prediction_id: str,
    *,
    client: AuthenticatedClient | Client,
) -> Response[Prediction | Problem]:
    """Cancel an in progress prediction

    Ends the prediction and returns it. Canceling a prediction that has already ended changes nothing, so the
    request is safe to repeat.

    Args:
        prediction_id (str):

    Raises:
        httpx.TransportError: If there is no answer, or none in time.
        InvalidPathSegmentError: If a path parameter would reach another endpoint. Nothing is sent.

    Returns:
        The answer; see Response for one that is not what the document says.
    """

    kwargs = _get_kwargs(
        prediction_id=prediction_id,
    )

    return _build_response(client.request(kwargs))


def sync(
    prediction_id: str,
    *,
    client: AuthenticatedClient | Client,
) -> Prediction | Problem | None:
    """Cancel an in progress prediction

    Ends the prediction and returns it. Canceling a prediction that has already ended changes nothing, so the
    request is safe to repeat.

    Args:
        prediction_id (str):

    Raises:
        httpx.TransportError: If there is no answer, or none in time.
        InvalidPathSegmentError: If a path parameter would reach another endpoint. Nothing is sent.

    Returns:
        The answer's body, or None if it is not what the document says.
    """

    return sync_detailed(
        prediction_id=prediction_id,
        client=client,
    ).parsed


async def asyncio_detailed(
    prediction_id: str,
    *,
    client: AuthenticatedClient | Client,
) -> Response[Prediction | Problem]:
    """Cancel an in progress prediction

    Ends the prediction and returns it. Canceling a prediction that has already ended changes nothing, so the
    request is safe to repeat.

    Args:
        prediction_id (str):

    Raises:
        httpx.TransportError: If there is no answer, or none in time.
        InvalidPathSegmentError: If a path parameter would reach another endpoint. Nothing is sent.

    Returns:
        The answer; see Response for one that is not what the document says.
    """

    kwargs = _get_kwargs(
        prediction_id=prediction_id,
    )

    return _build_response(await client.request_async(kwargs))


async def asyncio(
    prediction_id: str,
    *,
    client: AuthenticatedClient | Client,
) -> Prediction | Problem | None:
    """Cancel an in progress prediction

    Ends the prediction and returns it. Canceling a prediction that has already ended changes nothing, so the
    request is safe to repeat.

    Args:
        prediction_id (str):

    Raises:
        httpx.TransportError: If there is no answer, or none in time.
        InvalidPathSegmentError: If a path parameter would reach another endpoint. Nothing is sent.

    Returns:
        The answer's body, or None if it is not what the document says.
    """

    return (
        await asyncio_detailed(
            prediction_id=prediction_id,
            client=client,
        )
    ).parsed
