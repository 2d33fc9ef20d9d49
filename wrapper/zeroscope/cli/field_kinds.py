"""Kinds of fields: how the command takes their values as text."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from cyclopts import Parameter, Token

from .._service.input_types import FileInput, PredictionInputDict, file_fields, file_list_fields
from . import json_values
from .options import Integer, PathOrText, as_text

# Texts with a format are sent as they are; the spec says which are valid.
_FORMATTED = (date, datetime, UUID)
_FAMILIES: dict[Any, str] = {
    **dict.fromkeys((str, *_FORMATTED), "text"),
    **dict.fromkeys((int, float), "number"),
    bool: "flag",
}
_FILE = Parameter(metavar="URL|PATH", converter=as_text)
_JSON_HELP = "JSON, or @ and the path of a file that has it, or @- for the standard input."
_FLAGS = {"true": True, "false": False}
# What may be any of several families, or anything at all, takes a text as well.
_ANYTHING: tuple[Any, ...] = (Any, object)


class Kind(NamedTuple):
    """How the command takes a field."""

    type: Any
    """The type of its option, for the parser."""
    parameter: Parameter
    parse: Callable[[str], Any]
    """Returns the value of a table's cell, or raises a ValueError; a string where it is not of the field's type."""
    help: str = ""
    """The end of the option's help."""
    takes_text: bool = False
    """Whether a text is a value as it is."""


@functools.cache
def field_kinds() -> dict[str, Kind]:
    """Return the kind of each field."""
    hints = get_type_hints(PredictionInputDict)
    # Where an item may be null, a list is JSON.
    kinds = dict.fromkeys(file_fields(), _FILE_KIND)
    kinds |= {name: _FILES_KIND for name, may_be_none in file_list_fields().items() if not may_be_none}
    return {name: kinds.get(name) or kind_of(hint) for name, hint in hints.items()}


def kind_of(hint: Any) -> Kind:
    """Return the kind of a field that is no file, by its annotation."""
    forms = _forms(hint)
    allows_text = any(form in _ANYTHING or _family(form) == "text" for form in forms)
    if _is_plain(forms):
        form = {frozenset({int}): Integer, frozenset({int, float}): _NUMBER}.get(frozenset(forms), Parameter())
        return Kind(_option_type(forms), form, functools.partial(_parse_cell, forms), takes_text=allows_text)
    items = _item_forms(forms)
    if items is not None and _is_plain(items):
        item = Annotated[int, Integer] if items == [int] else _option_type(items)
        return Kind(list[item], Parameter(), json_values.parse)  # type: ignore[valid-type]  # known at run time only
    parse = functools.partial(json_values.parse, allows_text=allows_text)
    # The parser holds values to the type where pydantic is loaded.
    return Kind(Any, Parameter(metavar="JSON|@FILE", converter=_converter(allows_text)), parse, _JSON_HELP, allows_text)


def _number(_: Any, tokens: Sequence[Token]) -> int | float:
    value = tokens[0].value
    with suppress(ValueError):
        return int(value)
    try:
        return float(value)
    except ValueError as error:
        raise ValueError(f"{value!r} is not a number") from error


_NUMBER = Parameter(converter=_number)


_FILE_KIND = Kind(str | Path, _FILE, str, takes_text=True)
_FILES_KIND = Kind(list[PathOrText], Parameter(metavar=f"{_FILE.metavar}..."), json_values.parse)


def _converter(allows_text: bool) -> Callable[[Any, Sequence[Token]], Any]:
    def convert(_: Any, tokens: Sequence[Token]) -> Any:
        return json_values.parse_argument(tokens[0].value, allows_text=allows_text)

    return convert


def _forms(hint: Any) -> list[Any]:
    """The members of a union without None; the forms of a file are a string here."""
    members = dict.fromkeys(get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,))
    members.pop(NoneType, None)
    return [str] if members.keys() >= {*get_args(FileInput)} else list(members)


def _item_forms(forms: Sequence[Any]) -> list[Any] | None:
    """The forms of a list's items; None for anything but a list."""
    if len(forms) != 1 or get_origin(forms[0]) not in (list, Sequence):
        return None
    (item,) = get_args(forms[0])
    return None if NoneType in get_args(item) else _forms(item)


def _is_plain(forms: Sequence[Any]) -> bool:
    """Whether a text without quotes is certain to mean one value: an enumeration, or forms of one family."""
    families = {_family(form) for form in forms}
    return (len(forms) == 1 and get_origin(forms[0]) is Literal) or (len(families) == 1 and None not in families)


def _family(form: Any) -> str | None:
    if get_origin(form) is Literal:
        families = {_FAMILIES.get(type(value)) for value in get_args(form)}
        return families.pop() if len(families) == 1 else None
    return _FAMILIES.get(form)


def _option_type(forms: Sequence[Any]) -> Any:
    """The type of an option for plain forms, in which the parser would round a number to an integer if it may."""
    types = [str if form in _FORMATTED else form for form in forms if form is not int or float not in forms]
    return Union[tuple(types)]  # noqa: UP007 - known at run time only


def _parse_cell(forms: Sequence[Any], cell: str) -> Any:
    stripped = cell.strip()
    # An integer stays one where a number may be given as well.
    for form in sorted(forms, key=lambda form: form is float):
        if get_origin(form) is Literal:
            for choice in get_args(form):
                if stripped == str(choice):
                    return choice
        elif form is bool:
            return _FLAGS.get(stripped.lower(), cell)
        elif form in (int, float):
            with suppress(ValueError):
                return form(stripped)
    return cell
