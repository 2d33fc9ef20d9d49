"""Validates an OpenAPI 3.1 document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jsonschema_path.paths import SchemaPath
from openapi_spec_validator import OpenAPIV31SpecValidator
from openapi_spec_validator.validation import keywords
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError
from openapi_spec_validator.validation.registries import KeywordValidatorRegistry
from referencing.exceptions import Unresolvable

from .errors import first_line


def validate_document(document: Mapping[str, Any]) -> None:
    """Check that a document is valid.

    Raises:
        ValueError: If it is not; the message is one line.
    """
    try:
        _Validator(document).validate()
    except OpenAPIValidationError as error:
        raise ValueError(f"{first_line(error)}, at {error.json_path}") from error
    except Unresolvable as error:
        raise ValueError(f"{error.ref} does not exist") from error
    except RecursionError as error:
        raise ValueError("a schema refers to itself without an end") from error


class _SchemaValidator(keywords.OpenAPIV31SchemaValidator):
    """Collects the properties of each schema once; for schemas that refer to each other, the base class never ends."""

    def __init__(self, registry: KeywordValidatorRegistry) -> None:
        super().__init__(registry)
        self._collected: set[int] = set()

    def _collect_properties(self, schema: SchemaPath) -> set[str]:
        # The value of a reference is that of its target, which is one object however it is reached.
        key = id(schema.read_value())
        if key in self._collected:
            return set()
        is_first = not self._collected
        self._collected.add(key)
        try:
            return super()._collect_properties(schema)
        finally:
            if is_first:
                self._collected.clear()


class _Validator(OpenAPIV31SpecValidator):
    keyword_validators = dict(OpenAPIV31SpecValidator.keyword_validators, schema=_SchemaValidator)  # noqa: RUF012 - as in the base class
