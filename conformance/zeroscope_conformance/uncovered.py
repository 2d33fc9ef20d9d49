"""Requests for the points of the document that the run has not reached."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .coverage import Measurement, OperationPoints
from .coverage.candidates import content_type, encode, requests_for
from .coverage.requests import DecodedRequest
from .coverage.values import ABSENT, as_text
from .exchange import Exchange
from .receiver import Receiver
from .target import Target

Provoke = Callable[[str, int], object]
"""Makes the server respond to the next request for an operation with a status."""

_REFUSALS = range(400, 500)
_FAILURE = 500


def reach_uncovered(target: Target, measurement: Measurement, provoke: Provoke | None) -> None:
    """Send requests for the points that no exchange has reached so far.

    Args:
        target: The server under test.
        measurement: The coverage so far.
        provoke: Makes the server send the statuses that no request brings about; None if it cannot be made to.
    """
    measurement.update(target.exchanges)
    created, _ = target.create(target.document.required_input)
    target.cancel(created["id"])
    for points in measurement.operations.values():
        base = _base_request(target, points, created["id"])
        missed = set(points.request_points()) & set(measurement.missed)
        for request, allowed in requests_for(points, missed, target.document, base):
            _send(target, points, request, created["id"], allowed=allowed)
    if provoke is not None:
        measurement.update(target.exchanges)
        for points in measurement.operations.values():
            base = _base_request(target, points, created["id"])
            for status in _statuses(points, measurement):
                provoke(points.operation.id, status)
                _send(target, points, base, created["id"], allowed=None)


def record_deliveries(target: Target, measurement: Measurement, receiver: Receiver) -> None:
    """Add the webhooks that were received to the exchanges of the run.

    Args:
        target: The server under test.
        measurement: The coverage so far, which knows the URLs that were asked for.
        receiver: The receiver of webhooks.
    """
    for url in measurement.webhook_urls:
        if url.startswith(receiver.url):
            for delivery in receiver.deliveries(url.removeprefix(receiver.url)):
                exchange = Exchange(
                    "POST",
                    url,
                    delivery.headers,
                    delivery.body,
                    delivery.status,
                    {},
                    b"",
                    token=target.token,
                    started_at=delivery.received_at,
                )
                target.record(exchange)


def _base_request(target: Target, points: OperationPoints, id: str) -> DecodedRequest:
    """Return a request that the document allows."""
    document = target.document
    parameters = {
        (parameter["in"], parameter["name"]): id if parameter["in"] == "path" else _sample(target, parameter)
        for _, parameter in points.parameters
        if parameter.get("required")
    }
    if points.operation.id == "createPrediction":
        return DecodedRequest(parameters, next(iter(points.bodies), ""), document.body(document.required_input))
    for media_type, node in points.bodies.items():
        return DecodedRequest(parameters, media_type, document.sample(node.schema))
    return DecodedRequest(parameters, "", ABSENT)


def _sample(target: Target, parameter: Any) -> Any:
    return parameter.get("example", target.document.sample(parameter.get("schema", {})))


def _send(target: Target, points: OperationPoints, request: DecodedRequest, id: str, *, allowed: bool | None) -> None:
    """Send a request, and cancel the prediction that it may have created.

    Args:
        allowed: Whether the document allows the request; None if the server was made to refuse it.
    """
    texts = {key: as_text(value) for key, value in request.parameters.items() if value is not ABSENT}
    content = encode(request)
    headers = {name: value for (where, name), value in texts.items() if where == "header"}
    if content is not None:
        headers["content-type"] = content_type(request)
    exchange = target.call(
        points.operation.id,
        id=id,
        content=content,
        query={name: value for (where, name), value in texts.items() if where == "query"},
        headers=headers,
        provoked=allowed is None,
    )
    if allowed is False:
        refused = 400 <= exchange.status < 500
        expected = "a refusal, as the document forbids the request"
        target.results.check("negative-data-rejection", refused, expected, exchange.summary, exchange)
    if exchange.prediction is not None and points.operation.id == "createPrediction":
        target.cancel(exchange.prediction["id"])


def _statuses(points: OperationPoints, measurement: Measurement) -> list[int]:
    """Return a status for each response of an operation that is missing."""
    missed = set(measurement.missed)
    keys = [key for key, response in points.responses.items() if not missed.isdisjoint(response.values())]
    statuses: list[int] = []
    for key in keys:
        if key.isdecimal() and int(key) >= min(_REFUSALS):
            statuses.append(int(key))
        elif key.startswith("4"):
            statuses.append(next(status for status in _REFUSALS if str(status) not in points.responses))
        elif key.startswith("5"):
            statuses.append(_FAILURE)
    return statuses
