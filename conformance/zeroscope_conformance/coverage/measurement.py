"""Measurement of coverage: which points of a document exchanges reach."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from http import HTTPStatus
from typing import Any
from urllib.parse import urldefrag

from ..document import METHODS, Document
from ..exchange import Exchange
from ..operation import Operation
from .expressions import expand
from .nodes import escape, place_of
from .operations import OperationPoints
from .points import Coverage, Point
from .requests import DecodedRequest
from .values import ABSENT, as_text

# What has to be the case for a server to send these, which no request brings about.
_CONDITIONS = {
    HTTPStatus.PAYMENT_REQUIRED: "only an account without credit gets it",
    HTTPStatus.TOO_MANY_REQUESTS: "no rate limit was exceeded",
}
_FAILURE = "only a server that fails sends it"


class Measurement:
    """Collects the points that exchanges reach.

    Args:
        document: The document.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self.operations = {id: OperationPoints(document, one) for id, one in document.operations.items()}
        self._reached: set[Point] = set()
        self._followed: dict[str, list[tuple[Point, Mapping[str, str]]]] = {}
        self._webhooks: dict[tuple[str, str], OperationPoints] = {}
        self._added = 0
        self._seen: dict[str, set[int]] = {id: set() for id in self.operations}

    def add(self, exchange: Exchange) -> set[Point]:
        """Add an exchange, and return the points that it reaches."""
        found: set[Point] = set()
        points = self.operations.get(exchange.operation or "")
        callback = self._webhooks.get((exchange.method, urldefrag(exchange.url).url))
        if points is not None:
            request = points.decode(exchange)
            found = points.reached_by(exchange, request) | self._links_to(exchange, request)
            self._seen[points.operation.id].add(exchange.status)
            self._note_links(points, exchange, request)
            self._note_callbacks(points.operation, exchange, request)
        elif callback is not None:
            found = callback.reached_by(exchange, callback.decode(exchange))
        self._reached |= found
        return found

    def update(self, exchanges: Sequence[Exchange]) -> None:
        """Add those of the exchanges of a run that came after the last update."""
        for exchange in exchanges[self._added :]:
            self.add(exchange)
        self._added = len(exchanges)

    @property
    def webhook_urls(self) -> list[str]:
        """The URLs at which exchanges asked for webhooks."""
        return list(dict.fromkeys(url for _, url in self._webhooks))

    @cached_property
    def points(self) -> list[Point]:
        """All points, in the order of the document."""
        points: list[Point] = []
        for one in self.operations.values():
            points += one.points()
            points += [point for point, *_ in self._links(one)]
        for _, callback in self._callbacks.values():
            points += callback.points()
        return list(dict.fromkeys(points))

    @property
    def missed(self) -> list[Point]:
        """The points that no exchange has reached so far."""
        return [point for point in self.points if point not in self._reached]

    def coverage(self) -> Coverage:
        """Return the coverage by all exchanges so far."""
        reached = tuple(point for point in self.points if point in self._reached)
        return Coverage(reached, {point: self._reason(point) for point in self.missed})

    def _links(self, points: OperationPoints) -> Iterator[tuple[Point, str, str, Mapping[str, Any]]]:
        """Yield the links of an operation: the point, the response, the operation that it leads to, its parameters."""
        pointer = f"/paths/{escape(points.operation.path)}/{points.operation.method.lower()}/responses"
        for key, response in points.operation.raw.get("responses", {}).items():
            place = place_of(f"{pointer}/{key}", response)
            for name, link in self.document.deref(response).get("links", {}).items():
                link = self.document.deref(link)
                target = link.get("operationId") or _operation_at(self.document, link.get("operationRef", ""))
                where = f"{place}/links/{escape(name)}"
                label = f"{key}, link {name} to {target}"
                yield Point("links", points.operation.id, where, label), key, target, link.get("parameters", {})

    @cached_property
    def _callbacks(self) -> dict[tuple[str, str, str], tuple[str, OperationPoints]]:
        """The callbacks: by operation, method and expression, the method's operation."""
        found: dict[tuple[str, str, str], tuple[str, OperationPoints]] = {}
        for operation in self.document.operations.values():
            place = f"/paths/{escape(operation.path)}/{operation.method.lower()}/callbacks"
            for name, callback in operation.raw.get("callbacks", {}).items():
                for expression, item in self.document.deref(callback).items():
                    for method in METHODS:
                        if method in item:
                            raw = item[method]
                            id = raw.get("operationId", name)
                            sent = Operation(id, method.upper(), expression, raw, protected=False)
                            pointer = f"{place}/{escape(name)}/{escape(expression)}/{method}"
                            points = OperationPoints(self.document, sent, pointer, is_callback=True)
                            found[operation.id, method, expression] = (expression, points)
        return found

    def _note_links(self, points: OperationPoints, exchange: Exchange, request: DecodedRequest) -> None:
        key = points.response_key(exchange.status)
        for point, response, target, parameters in self._links(points):
            if response == key and point not in self._reached:
                values = {name.rpartition(".")[2]: expand(one, exchange, request) for name, one in parameters.items()}
                if ABSENT not in values.values():
                    texts = {name: as_text(value) for name, value in values.items()}
                    self._followed.setdefault(target, []).append((point, texts))

    def _links_to(self, exchange: Exchange, request: DecodedRequest) -> set[Point]:
        """Return the links that lead to the request of an exchange."""
        sent = {name: as_text(value) for (_, name), value in request.parameters.items()}
        links = self._followed.get(exchange.operation or "", [])
        return {point for point, values in links if point not in self._reached and values.items() <= sent.items()}

    def _note_callbacks(self, operation: Operation, exchange: Exchange, request: DecodedRequest) -> None:
        for (id, method, _), (expression, points) in self._callbacks.items():
            if id == operation.id and isinstance(url := expand(expression, exchange, request), str):
                self._webhooks[method.upper(), urldefrag(url).url] = points

    def _reason(self, point: Point) -> str:
        """Return why a point was not reached."""
        if point.group == "callbacks":
            if not self._reached.isdisjoint(callback.called for _, callback in self._callbacks.values()):
                return "no webhook had it, or no receiver responded with it"
            return "no webhook was received" if self._webhooks else "no webhook was asked for"
        seen = sorted(self._seen[point.operation] - {0})
        if not seen:
            return "no request for the operation got a response"
        if point.group in {"responses", "headers", "links"}:
            return self._reason_of_response(point, seen)
        return "no request had it, or only one that was wrong elsewhere, too"

    def _reason_of_response(self, point: Point, seen: list[int]) -> str:
        points = self.operations[point.operation]
        keys = {one: key for key, responses in points.responses.items() for one in responses.values()}
        keys |= {one: key for one, key, *_ in self._links(points)}
        key = keys[point]
        if key in map(points.response_key, seen):
            return "no response had it" if point.group != "links" else "no request followed it"
        if key.startswith("5"):
            return _FAILURE
        if key.isdecimal() and int(key) in _CONDITIONS:
            return _CONDITIONS[HTTPStatus(int(key))]
        successes = [str(status) for status in seen if 200 <= status < 300]
        if key.startswith("2") and successes:
            return f"the server sends {' and '.join(successes)} in its place"
        return "no response had this status"


def measure(document: Document, exchanges: Iterable[Exchange]) -> Coverage:
    """Return which points of a document exchanges reach.

    Args:
        document: The document.
        exchanges: The exchanges, in their order: those of a run, or recorded ones.

    Example:
        >>> coverage = measure(document, report.exchanges)
        >>> coverage.percent
        99.4
    """
    measurement = Measurement(document)
    for exchange in exchanges:
        measurement.add(exchange)
    return measurement.coverage()


def _operation_at(document: Document, reference: str) -> str:
    """Return the `operationId` at a reference of a link; empty if there is none."""
    try:
        id = document.at(reference)["operationId"]
    except (KeyError, TypeError):
        return ""
    return str(id)
