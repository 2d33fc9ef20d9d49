"""Types of the model's input: its fields, and which of them take files."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from types import NoneType
from typing import get_args, get_origin, get_type_hints

from zeroscope_api.models import INPUT_DESCRIPTIONS, FileInput, PredictionInputDict

__all__ = ["INPUT_DESCRIPTIONS", "FileInput", "PredictionInputDict", "file_fields", "file_list_fields"]


@functools.cache
def file_fields() -> dict[str, bool]:
    """Return the names of the input's fields that take a file, and whether each takes None as well."""
    hints = {name: {hint, *get_args(hint)} for name, hint in get_type_hints(PredictionInputDict).items()}
    return {name: NoneType in forms for name, forms in hints.items() if forms.issuperset(get_args(FileInput))}


@functools.cache
def file_list_fields() -> dict[str, bool]:
    """Return the names of the input's fields that take a list of files, and whether an item may be None."""
    found: dict[str, bool] = {}
    for name, hint in get_type_hints(PredictionInputDict).items():
        for form in (hint, *get_args(hint)):
            if get_origin(form) is Sequence and (items := {*get_args(get_args(form)[0])}).issuperset(
                get_args(FileInput)
            ):
                found[name] = NoneType in items
    return found
