"""Conditions on the document, without which a rule cannot be tested."""

from __future__ import annotations

from collections.abc import Callable

from ..document import Document

Condition = Callable[[Document], bool]


def has_input_keyword(*keywords: str) -> Condition:
    """Return the condition that the schema of an input field has one of some keywords."""

    def condition(document: Document) -> bool:
        schemas = [document.deref(schema) for schema in document.input["properties"].values()]
        return any(keyword in schema for schema in schemas for keyword in keywords)

    return condition


def has_response_key(key: str) -> Condition:
    """Return the condition that a response of any operation has a key, such as `headers` or `links`."""

    def condition(document: Document) -> bool:
        return any(
            key in document.deref(response)
            for operation in document.operations.values()
            for response in operation.raw["responses"].values()
        )

    return condition


def accepts_header(header: str) -> Condition:
    """Return the condition that a create has a header parameter."""

    def condition(document: Document) -> bool:
        parameters = document.operations["createPrediction"].raw.get("parameters", [])
        return header in {document.deref(parameter)["name"] for parameter in parameters}

    return condition


def has_operation(operation_id: str) -> Condition:
    """Return the condition that the document has an operation."""
    return lambda document: operation_id in document.operations


def has_auth_schemes(document: Document) -> bool:
    """Return whether a token is valid under more than one scheme."""
    return len(document.auth_schemes) > 1


def has_version_forms(document: Document) -> bool:
    """Return whether a create takes the version in more than one form."""
    return len(document.version_forms) > 1


def has_constant_urls(document: Document) -> bool:
    """Return whether every prediction has certain URLs."""
    return bool(document.constant_urls)


def has_filters(document: Document) -> bool:
    """Return whether the list can be filtered."""
    return bool(document.filters)


def forbids_unknown_properties(document: Document) -> bool:
    """Return whether the body of a create is closed to other properties."""
    return document.create_body.get("additionalProperties") is False


def has_failing_input(document: Document) -> bool:
    """Return whether an input can make a prediction fail."""
    return document.failing_input is not None


def has_video_shape(document: Document) -> bool:
    """Return whether the input has a field for the size, length, rate or number of videos."""
    return bool(document.shape)


def limits_runs(header: str) -> Condition:
    """Return the condition that a create has a header with a limit, and an input can make the run exceed it."""

    def condition(document: Document) -> bool:
        has_slow_input = document.scripted_input("slow") != document.required_input
        return accepts_header(header)(document) and has_slow_input

    return condition


def has_stream(document: Document) -> bool:
    """Return whether a create can request an event stream."""
    return "stream" in document.create_body["properties"]


def has_webhooks(document: Document) -> bool:
    """Return whether a create can name a webhook."""
    return "webhook" in document.create_body["properties"]
