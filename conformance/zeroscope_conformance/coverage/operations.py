"""Points of one operation, and those of them that an exchange reaches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..document import Document
from ..exchange import Exchange
from ..operation import Operation
from .evaluation import Reached, evaluate
from .keywords import AT, BEYOND
from .nodes import BODY, Node, NodeBuilder, escape, place_of
from .points import Group, Point
from .requests import FORM, MALFORMED, DecodedRequest, decode, parameters_of, parse_text
from .values import ABSENT

# A server sends these before it has read the rest of the request.
_UNREAD = frozenset({0, 401, 403, 429})


class OperationPoints:
    """The points of one operation.

    Args:
        document: The document.
        operation: The operation.
        pointer: The JSON pointer of the operation; by default, that of a path.
        is_callback: Whether the service sends the requests.
    """

    def __init__(
        self, document: Document, operation: Operation, pointer: str | None = None, *, is_callback: bool = False
    ) -> None:
        self.operation = operation
        self._document = document
        self._pointer = pointer or f"/paths/{escape(operation.path)}/{operation.method.lower()}"
        self.parameters = parameters_of(document, operation, self._pointer)
        self._builder = NodeBuilder(document, operation.id)
        self._is_callback = is_callback
        self.called = self._point(
            "callbacks" if is_callback else "operations", "", f"{operation.method} {operation.path}"
        )
        self.nodes = {
            (parameter["in"], parameter["name"]): self._builder.build(
                f"{pointer}/schema", parameter.get("schema", {}), _title(parameter), text=True
            )
            for pointer, parameter in self.parameters
        }
        self.presence = {
            (parameter["in"], parameter["name"]): self._presence(pointer, parameter)
            for pointer, parameter in self.parameters
        }
        body = operation.raw.get("requestBody", {})
        self.request_body: Mapping[str, Any] = document.deref(body)
        self._body_place = place_of(f"{self._pointer}/requestBody", body)
        self.bodies: dict[str, Node] = {
            media_type: self._builder.build(
                f"{self._body_place}/content/{escape(media_type)}/schema",
                content.get("schema", {}),
                BODY,
                text=not media_type.endswith("json"),
            )
            for media_type, content in self.request_body.get("content", {}).items()
        }
        self.responses = {
            key: self._response_points(key, response) for key, response in operation.raw.get("responses", {}).items()
        }

    def points(self) -> Iterator[Point]:
        """Yield all points."""
        yield self.called
        if self._is_callback:
            for presence in self.presence.values():
                yield from presence.values()
        else:
            yield from self.request_points()
        for points in self.responses.values():
            yield from points.values()

    def request_points(self) -> Iterator[Point]:
        """Yield the points that depend on the request alone."""
        for key, node in self.nodes.items():
            yield from self.presence[key].values()
            yield from node.points()
        yield from self._body_points().values()
        for node in self.bodies.values():
            yield from node.points()

    def decode(self, exchange: Exchange) -> DecodedRequest:
        """Return the request of an exchange of this operation."""
        parameters = [parameter for _, parameter in self.parameters]
        request = decode(exchange, parameters, self.operation.path, self._document)
        node = self.bodies.get(request.media_type)
        if node is None or request.media_type != FORM or not isinstance(request.body, dict):
            return request
        properties = {name: child.schema for name, child in node.properties.items()}
        body = {name: parse_text(properties.get(name, {}), text) for name, text in request.body.items()}
        return DecodedRequest(request.parameters, request.media_type, body)

    def reached_by(self, exchange: Exchange, request: DecodedRequest) -> set[Point]:
        """Return the points that an exchange reaches.

        Args:
            exchange: The exchange.
            request: Its request.
        """
        if not exchange.status:
            return set()
        found = {self.called, *self._reached_responses(exchange)}
        if self._is_callback:
            return found | {points[True] for key, points in self.presence.items() if key in request.parameters}
        return found if exchange.status in _UNREAD else found | self.evaluate(request).points()

    def evaluate(self, request: DecodedRequest) -> Reached:
        """Return the points of parameters, and of keywords, that a request reaches."""
        reached = Reached()
        for _, parameter in self.parameters:
            key = (parameter["in"], parameter["name"])
            sent = key in request.parameters
            # A path that a client has normalized has no parameter, and no point tells of that.
            if not sent and parameter.get("required") and False in self.presence[key]:
                reached.break_at(f"/{key}", self.presence[key][False])
            elif sent in self.presence[key]:
                reached.kept.add(self.presence[key][sent])
            if sent:
                evaluate(self.nodes[key], request.parameters[key], reached, f"/{key}")
        if self.bodies:
            self._evaluate_body(request, reached)
        return reached

    def _evaluate_body(self, request: DecodedRequest, reached: Reached) -> None:
        points = self._body_points()
        if request.body is ABSENT:
            if "absent" in points and points["absent"].group == BEYOND:
                reached.break_at("", points["absent"])
            elif "absent" in points:
                reached.kept.add(points["absent"])
        elif request.media_type not in self.bodies:
            reached.break_at("", points["other"])
        elif request.body is MALFORMED:
            reached.break_at("", points["malformed"])
        else:
            reached.kept.add(points[request.media_type])
            evaluate(self.bodies[request.media_type], request.body, reached)

    def _body_points(self) -> dict[str, Point]:
        if not self.bodies:
            return {}
        absent: Group = BEYOND if self.request_body.get("required") else AT
        return {
            "absent": self._body_point(absent, "", "absent"),
            "other": self._body_point(BEYOND, "/content", "another media type"),
            "malformed": self._body_point(BEYOND, "/content", "malformed"),
            **{
                media_type: self._body_point(AT, f"/content/{escape(media_type)}", media_type)
                for media_type in self.bodies
            },
        }

    def _body_point(self, group: Group, place: str, words: str) -> Point:
        return Point(group, self.operation.id, self._body_place + place, f"{BODY}: {words}")

    def _reached_responses(self, exchange: Exchange) -> Iterator[Point]:
        points = self.responses.get(self.response_key(exchange.status) or "", {})
        for (kind, name), point in points.items():
            if {"status": True, "content": name == exchange.media_type}.get(kind, name in exchange.response_headers):
                yield point

    def response_key(self, status: int) -> str | None:
        """Return the key of the response with a status; None if there is none."""
        return self._document.response_key(self.operation, status)

    def _response_points(self, key: str, response: Mapping[str, Any]) -> dict[tuple[str, str], Point]:
        """Return the points of a response, by their kind and name."""
        place = place_of(f"{self._pointer}/responses/{key}", response)
        response = self._document.deref(response)
        # The receiver of the webhook responds, not the server under test.
        group: Group = "callbacks" if self._is_callback else "responses"
        id = self.operation.id
        points = {("status", key): self._point(group, f"/responses/{key}", key)}
        for name in response.get("content", {}):
            points["content", name] = Point(group, id, f"{place}/content/{escape(name)}", f"{key} as {name}")
        for name in response.get("headers", {}):
            where = f"{place}/headers/{escape(name)}"
            points["header", name.lower()] = Point("headers", id, where, f"{key} with {name}")
        return points

    def _presence(self, pointer: str, parameter: Mapping[str, Any]) -> dict[bool, Point]:
        """Return the points of a parameter that was sent, and of one that was not."""
        label = _title(parameter)
        group: Group = "callbacks" if self._is_callback else "parameters"
        points = {True: Point(group, self.operation.id, pointer, f"{label}: sent")}
        if parameter["in"] != "path" and not self._is_callback:
            points[False] = Point(group, self.operation.id, pointer, f"{label}: omitted")
        return points

    def _point(self, group: Group, place: str, label: str) -> Point:
        return Point(group, self.operation.id, self._pointer + place, label)


def _title(parameter: Mapping[str, Any]) -> str:
    return f"{parameter['name']} in {parameter['in']}"
