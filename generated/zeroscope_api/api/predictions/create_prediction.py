from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.create_prediction_request import CreatePredictionRequest
from ...models.prediction import Prediction
from ...models.problem import Problem
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    body: CreatePredictionRequest,
    prefer: str | Unset = UNSET,
    cancel_after: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(prefer, Unset):
        headers["Prefer"] = prefer

    if not isinstance(cancel_after, Unset):
        headers["Cancel-After"] = cancel_after

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/predictions",
    }

    _kwargs["json"] = body.to_dict()

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(response: httpx.Response) -> Prediction | Problem | list[Prediction] | Prediction | None:
    if response.status_code == 200:

        def _parse_response_200(data: object) -> list[Prediction] | Prediction:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                response_200_type_0 = Prediction.from_dict(data)

                return response_200_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, list):
                raise TypeError()
            response_200_type_1 = []
            _response_200_type_1 = data
            for response_200_type_1_item_data in _response_200_type_1:
                response_200_type_1_item = Prediction.from_dict(response_200_type_1_item_data)

                response_200_type_1.append(response_200_type_1_item)

            return response_200_type_1

        response_200 = _parse_response_200(response.json())

        return response_200

    if response.status_code == 201:
        response_201 = Prediction.from_dict(response.json())

        return response_201

    if response.status_code == 202:
        response_202 = Prediction.from_dict(response.json())

        return response_202

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 402:
        response_402 = Problem.from_dict(response.json())

        return response_402

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


def _build_response(response: httpx.Response) -> Response[Prediction | Problem | list[Prediction] | Prediction]:
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
    body: CreatePredictionRequest,
    prefer: str | Unset = UNSET,
    cancel_after: str | Unset = UNSET,
) -> Response[Prediction | Problem | list[Prediction] | Prediction]:
    """Create a prediction and get the output.

    Starts one run of the model. The response returns immediately with the prediction's ID; the output follows
    later, unless `Prefer` asks the service to hold the request open. The operation is not idempotent: sending the
    same request twice starts, and bills, two runs.

    Args:
        prefer (str | Unset):
        cancel_after (str | Unset):
        body (CreatePredictionRequest): One run of one version of the model.

    Raises:
        httpx.TransportError: If there is no answer, or none in time.

    Returns:
        The answer; see Response for one that is not what the document says.
    """

    kwargs = _get_kwargs(
        body=body,
        prefer=prefer,
        cancel_after=cancel_after,
    )

    return _build_response(client.request(kwargs))


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: CreatePredictionRequest,
    prefer: str | Unset = UNSET,
    cancel_after: str | Unset = UNSET,
) -> Prediction | Problem | list[Prediction] | Prediction | None:
    """Create a prediction and get the output.

    Starts one run of the model. The response returns immediately with the prediction's ID; the output follows
    later, unless `Prefer` asks the service to hold the request open. The operation is not idempotent: sending the
    same request twice starts, and bills, two runs.

    Args:
        prefer (str | Unset):
        cancel_after (str | Unset):
        body (CreatePredictionRequest): One run of one version of the model.

    Raises:
        httpx.TransportError: If there is no answer, or none in time.

    Returns:
        The answer's body, or None if it is not what the document says.
    """

    return sync_detailed(
        client=client,
        body=body,
        prefer=prefer,
        cancel_after=cancel_after,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: CreatePredictionRequest,
    prefer: str | Unset = UNSET,
    cancel_after: str | Unset = UNSET,
) -> Response[Prediction | Problem | list[Prediction] | Prediction]:
    """Create a prediction and get the output.

    Starts one run of the model. The response returns immediately with the prediction's ID; the output follows
    later, unless `Prefer` asks the service to hold the request open. The operation is not idempotent: sending the
    same request twice starts, and bills, two runs.

    Args:
        prefer (str | Unset):
        cancel_after (str | Unset):
        body (CreatePredictionRequest): One run of one version of the model.

    Raises:
        httpx.TransportError: If there is no answer, or none in time.

    Returns:
        The answer; see Response for one that is not what the document says.
    """

    kwargs = _get_kwargs(
        body=body,
        prefer=prefer,
        cancel_after=cancel_after,
    )

    return _build_response(await client.request_async(kwargs))


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: CreatePredictionRequest,
    prefer: str | Unset = UNSET,
    cancel_after: str | Unset = UNSET,
) -> Prediction | Problem | list[Prediction] | Prediction | None:
    """Create a prediction and get the output.

    Starts one run of the model. The response returns immediately with the prediction's ID; the output follows
    later, unless `Prefer` asks the service to hold the request open. The operation is not idempotent: sending the
    same request twice starts, and bills, two runs.

    Args:
        prefer (str | Unset):
        cancel_after (str | Unset):
        body (CreatePredictionRequest): One run of one version of the model.

    Raises:
        httpx.TransportError: If there is no answer, or none in time.

    Returns:
        The answer's body, or None if it is not what the document says.
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            prefer=prefer,
            cancel_after=cancel_after,
        )
    ).parsed
