"""The expectation of a call: what its request and its response must have."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ..journal import Exchange
from ..journal.secrets import is_secret_mark, secret_mark
from .call import CallHeaders
from .differences import MISSING, Difference, Matcher, differences, in_words, leaves, shortened
from .matchers import Equals, anything


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a call must have; what is None may be anything.

    Args:
        operation: The `operationId`.
        input: The input's fields.
        headers: The request's headers, by their names in any case.
        body: The request's body: a JSON value, or text if it is no JSON.
        query: The parameters of the query.
        status: The response's status.
        prediction: The id of the prediction that it is about.
        tenant: The tenant of the token.
    """

    operation: str | None = None
    input: Any = None
    headers: Mapping[str, Any] | None = None
    body: Any = None
    query: Mapping[str, Any] | None = None
    status: Any = None
    prediction: str | None = None
    tenant: str | None = None

    def concerns(self, exchange: Exchange) -> bool:
        """Whether an exchange is one of the operation and the prediction, whatever else it has."""
        return self.operation in (None, exchange.operation) and self.prediction in (None, exchange.prediction)

    def without_secrets(self, names: Collection[str]) -> Expectation:
        """The expectation with marks as the journal has them in place of secrets.

        Args:
            names: The names of the secret fields.

        Raises:
            ValueError: If a matcher or a function would have to see a secret.
        """
        body = self.body
        if isinstance(body, Mapping) and "input" in body:
            body = {**body, "input": _without_secrets(body["input"], names)}
        return replace(self, input=_without_secrets(self.input, names), body=body)

    def differences(self, exchange: Exchange) -> Iterator[Difference]:
        """Yield what an exchange has otherwise."""
        if self.input is not None:
            yield from _differences_of_input(self.input, exchange)
        if self.body is not None:
            yield from differences(self.body, _body(exchange), "body")
        if self.headers is not None:
            headers = CallHeaders(exchange.request_headers)
            for name, expected in self.headers.items():
                yield from differences(expected, headers.get(name, MISSING), f"header {name.lower()}")
        if self.query is not None:
            yield from differences(self.query, _query(exchange.path), "query")
        if self.tenant is not None and self.tenant != exchange.tenant:
            yield Difference("token", "the one given", "not sent" if exchange.tenant is None else "sent another")
        if self.status is not None:
            answered = MISSING if exchange.status is None else exchange.status
            for difference in differences(self.status, answered, "status", verb="answered"):
                found = f"{difference.found} ({exchange.reason})" if exchange.reason else difference.found
                yield replace(difference, found=found)

    def lines(self) -> list[str]:
        """What is expected beyond the operation, field by field."""
        fields: list[tuple[str, str]] = []
        for name, expected in (("input", self.input), ("body", self.body), ("query", self.query)):
            if expected is not None:
                fields += leaves(expected, name)
        for name, expected in (self.headers or {}).items():
            fields += leaves(expected, f"header {name.lower()}")
        if self.tenant is not None:
            fields.append(("token", "the one given"))
        if self.status is not None:
            fields += leaves(self.status, "status")
        if self.prediction is not None:
            fields.append(("prediction", repr(self.prediction)))
        return [f"{field}: {words}" for field, words in fields]


def _without_secrets(expected: Any, names: Collection[str]) -> Any:
    if isinstance(expected, Equals):
        return Equals(_without_secrets(expected.value, names))
    if not isinstance(expected, Mapping):
        return expected
    return {name: _marked(one, name) if name in names else one for name, one in expected.items()}


def _marked(expected: Any, name: Any) -> Any:
    if isinstance(expected, str):
        return expected if is_secret_mark(expected) else secret_mark(expected)
    if isinstance(expected, list | tuple):
        return [_marked(one, name) for one in expected]
    if isinstance(expected, Equals):
        return Equals(_marked(expected.value, name))
    looks_inside = isinstance(expected, Matcher) or (callable(expected) and not isinstance(expected, type))
    if looks_inside and expected is not anything:
        raise ValueError(
            f"the journal has no secrets, so input.{name} can be compared only as a whole; pass the value, or anything"
        )
    return expected


def _differences_of_input(expected: Any, exchange: Exchange) -> Iterator[Difference]:
    sent = exchange.input
    if sent is None and exchange.request_body and exchange.request_json is None:
        # Also a body that is larger than the journal keeps.
        found = f"sent a body that is no JSON in the journal: {shortened(exchange.request_body)}"
        yield Difference("input", in_words(expected), found)
    else:
        yield from differences(expected, MISSING if sent is None else sent, "input")


def _body(exchange: Exchange) -> Any:
    if not exchange.request_body:
        return MISSING
    value = exchange.request_json
    # JSON's null is None, too.
    return exchange.request_body if value is None and exchange.request_body.strip() != "null" else value


def _query(path: str) -> dict[str, Any]:
    """The parameters of a query; those sent more than once have a list of values."""
    sent = parse_qs(urlsplit(path).query, keep_blank_values=True)
    return {name: values[0] if len(values) == 1 else values for name, values in sent.items()}
