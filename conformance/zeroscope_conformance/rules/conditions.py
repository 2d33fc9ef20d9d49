"""Conditions on the document, without which a rule does not apply."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..document import Document, schema_type


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on the document.

    Args:
        holds: Returns whether a document meets the condition.
        otherwise: Why a rule does not apply to a document that does not.
    """

    holds: Callable[[Document], bool]
    otherwise: str


def has_input_keyword(*keywords: str) -> Condition:
    """Return the condition that the schema of an input field has one of some keywords."""

    def holds(document: Document) -> bool:
        return any(keyword in schema for _, schema in document.input_fields for keyword in keywords)

    return Condition(holds, f"no field of the input has {' or '.join(keywords)}")


def has_response_key(key: str) -> Condition:
    """Return the condition that a response of any operation has a key, such as `headers` or `links`."""

    def holds(document: Document) -> bool:
        return any(
            key in document.deref(response)
            for operation in document.operations.values()
            for response in operation.raw["responses"].values()
        )

    return Condition(holds, f"no response in the document has {key}")


def accepts_header(header: str) -> Condition:
    """Return the condition that a create has a header parameter."""

    def holds(document: Document) -> bool:
        parameters = document.operations["createPrediction"].raw.get("parameters", [])
        return header in {document.deref(parameter)["name"] for parameter in parameters}

    return Condition(holds, f"a create has no header {header}")


def limits_runs(header: str) -> Condition:
    """Return the condition that a create has a header with a limit, and an input can make the run exceed it."""
    accepts = accepts_header(header)

    def holds(document: Document) -> bool:
        return accepts.holds(document) and document.scripted_input("slow") != document.required_input

    return Condition(holds, f"a create has no header {header}, or no input can make a run slow")


def has_operation(operation_id: str) -> Condition:
    """Return the condition that the document has an operation."""
    return Condition(
        lambda document: operation_id in document.operations, f"the document has no operation {operation_id}"
    )


def has_body_property(name: str) -> Condition:
    """Return the condition that the body of a create has a property, such as `webhook`."""
    return Condition(lambda document: name in document.create_body["properties"], f"the body of a create has no {name}")


ALWAYS = Condition(lambda document: True, "")
HAS_AUTH_SCHEMES = Condition(lambda document: len(document.auth_schemes) > 1, "a token has one scheme")
HAS_VERSION_FORMS = Condition(lambda document: len(document.version_forms) > 1, "the version has one form")
HAS_CONSTANT_URLS = Condition(lambda document: bool(document.constant_urls), "no URL is promised for every prediction")
HAS_RETENTION = Condition(
    lambda document: "retention-seconds" in document.metadata, "the document does not say how long data is kept"
)
HAS_FILTERS = Condition(lambda document: bool(document.filters), "the list has no filters")
FORBIDS_UNKNOWN_PROPERTIES = Condition(
    lambda document: document.create_body.get("additionalProperties") is False,
    "the body of a create is open to other properties",
)
HAS_TYPED_INPUT = Condition(
    lambda document: any(schema_type(schema) for _, schema in document.input_fields), "no field of the input has a type"
)
HAS_FAILING_INPUT = Condition(
    lambda document: document.failing_input is not None, "no input can make a prediction fail"
)
HAS_VIDEO_SHAPE = Condition(
    lambda document: bool(document.shape),
    "no field of the input is known to be the size, length, rate or number of videos",
)
HAS_OUTPUT_FILES = Condition(lambda document: document.may_output_files, "the output of the model has no files")
