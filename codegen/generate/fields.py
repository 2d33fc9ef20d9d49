"""The fields of the model's input as the generated TypedDict declares them."""

from __future__ import annotations

import keyword
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..document.references import dereference
from .types import FILE, NAMES, type_of

_NO_DESCRIPTION = "An enumeration."
"""What Cog writes for an enumeration without a description."""
_FILE_HINT = "Or the path of a file; in Python, its bytes or an open binary file as well."
_FILES_HINT = "Each may be the path of a file; in Python, its bytes or an open binary file as well."


@dataclass(frozen=True)
class Field:
    """A field of the input; all of its texts are source code."""

    name: str
    """A string literal."""
    type: str
    text: str
    """The content of a string literal in triple quotes."""
    attribute: str
    """The name as an annotation in the body of a class; empty if it cannot be one."""


def input_fields(document: Mapping[str, Any], schema: Mapping[str, Any]) -> list[Field]:
    """Return the fields of an input, the required ones first.

    Args:
        document: What the references in the schema point into.
        schema: The schema of the input.
    """
    properties: Mapping[str, Any] = schema.get("properties", {})
    required = set(schema.get("required", ()))
    ordered = sorted(properties.items(), key=lambda item: item[0] not in required)
    fields = []
    for name, described in ordered:
        found = type_of(document, described)
        text = _text(document, name, described, hint=_hint(found))
        type = f"Required[{found}]" if name in required else found
        fields.append(Field(repr(name), type, triple_quoted(text), name if _is_attribute(name) else ""))
    return fields


def triple_quoted(text: str) -> str:
    """Return a text for a literal between triple double quotes; one line stays one line."""
    text = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    text = f'{text[:-1]}\\"' if text.endswith('"') else text
    return "".join(letter if letter.isprintable() else _escaped(letter) for letter in text)


def _escaped(letter: str) -> str:
    return letter.encode("unicode-escape").decode("ascii")


def _is_attribute(name: str) -> bool:
    """Whether a class body can annotate a name, and all types in it still mean the same."""
    return (
        name.isidentifier()
        and not keyword.iskeyword(name)
        # A class makes other names of these, and Python of those that Unicode writes in two ways.
        and not name.startswith("__")
        and unicodedata.normalize("NFKC", name) == name
        and name not in NAMES
    )


def _hint(type: str) -> str:
    """Return what a field takes in place of URLs; nothing for one without files."""
    if FILE not in type:
        return ""
    return _FILES_HINT if "[" in type else _FILE_HINT


def _text(document: Mapping[str, Any], name: str, schema: Any, *, hint: str) -> str:
    """Return what a field is for, its bounds and its default, on one line."""
    own = schema if isinstance(schema, Mapping) else {}
    forms = _forms(document, own)
    described = [own.get("description"), *(form.get("description") for form in forms[1:])]
    found = next((text for text in described if text and text != _NO_DESCRIPTION), own.get("title") or name)
    sentences = ["{}.".format(" ".join(str(found).split()).strip("."))]
    if hint:
        sentences.append(hint)
    least, most = (_bound(forms, bound) for bound in ("minimum", "maximum"))
    if least is not None and most is not None:
        sentences.append(f"Between {least:g} and {most:g}.")
    elif least is not None:
        sentences.append(f"At least {least:g}.")
    elif most is not None:
        sentences.append(f"At most {most:g}.")
    default = own.get("default")
    if default is not None:
        shown = str(default).lower() if isinstance(default, bool) else str(default)
        sentences.append(f"Default: {' '.join(shown.split())}.")
    return " ".join(sentences)


def _forms(document: Mapping[str, Any], schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return a schema and the parts of it, whose annotations may stand beside a reference or in a branch."""
    forms = [schema]
    for part in (schema, *_parts(schema)):
        if "$ref" in part:
            try:
                forms.append(dereference(document, part))
            except (KeyError, TypeError):
                continue
        elif part is not schema:
            forms.append(part)
    return forms


def _parts(schema: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    found = [part for key in ("allOf", "anyOf", "oneOf") for part in schema.get(key) or ()]
    return [part for part in found if isinstance(part, Mapping)]


def _bound(forms: Sequence[Mapping[str, Any]], keyword: str) -> float | None:
    values = (form.get(keyword) for form in forms)
    return next((value for value in values if isinstance(value, int | float) and not isinstance(value, bool)), None)
