"""Kinds of fields: how the command takes their values as text."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, TypedDict
from uuid import UUID

import pytest
from cyclopts import App
from cyclopts.exceptions import CycloptsError

from zeroscope import FileInput
from zeroscope.cli.field_kinds import field_kinds, kind_of


class Point(TypedDict):
    """An object."""

    x: int


JSON = "JSON|@FILE"
KINDS: list[tuple[Any, str, list[tuple[list[str], Any]], dict[str, Any]]] = [
    (str, "STR", [(["5"], "5"), (["@x"], "@x")], {"5": "5", " a ": " a "}),
    (str | None, "STR", [(["null"], "null")], {"{}": "{}"}),
    (int, "INT", [(["5"], 5), (["-5"], -5)], {" 5 ": 5, "5.5": "5.5"}),
    (int | None, "INT", [(["5"], 5)], {"5": 5}),
    (float, "FLOAT", [(["5"], 5.0), (["2.5"], 2.5)], {"2.5": 2.5, "x": "x"}),
    (float | int, "FLOAT", [(["9007199254740993"], 9007199254740993), (["2.5"], 2.5)], {"5": 5, "2.5": 2.5}),
    (bool, "", [([], True)], {"TRUE": True, "false": False, "1": "1"}),
    (Literal["a", "B"], "CHOICE", [(["B"], "B")], {" B ": "B", "b": "b"}),
    (Literal["a", "A"], "CHOICE", [(["A"], "A"), (["a"], "a")], {"A": "A", "a": "a"}),
    (Literal[1, 2] | None, "CHOICE", [(["2"], 2)], {"2": 2, "3": "3"}),
    (Literal[1, "auto"], "CHOICE", [(["1"], 1), (["auto"], "auto")], {"1": 1, "auto": "auto"}),
    (Literal["a"] | str, "CHOICE|STR", [(["b"], "b")], {"b": "b"}),
    (date | str, "STR", [(["2026-01-31"], "2026-01-31")], {"2026-01-31": "2026-01-31"}),
    (datetime | str | None, "STR", [(["now"], "now")], {"now": "now"}),
    (UUID, "STR", [(["5"], "5")], {"5": "5"}),
    (Sequence[FileInput], "STR", [(["a.png"], ["a.png"])], {'["a.png"]': ["a.png"]}),
    (list[str], "STR", [(["5", "@x"], ["5", "@x"])], {'["5"]': ["5"], "[]": []}),
    (Sequence[int] | None, "INT", [(["5", "6"], [5, 6])], {"[5]": [5]}),
    (Sequence[date | str], "STR", [(["2026-01-31"], ["2026-01-31"])], {'["x"]': ["x"]}),
    (Sequence[Literal["a", "b"]], "CHOICE", [(["a", "b"], ["a", "b"])], {'["a"]': ["a"]}),
    (dict[str, object], JSON, [(['{"a": [1]}'], {"a": [1]})], {"{}": {}}),
    (Mapping[str, Any] | None, JSON, [(["null"], None)], {"null": None}),
    (Point, JSON, [(['{"x": 1}'], {"x": 1})], {'{"x": 1}': {"x": 1}}),
    (Sequence[Point], JSON, [(['[{"x": 1}]'], [{"x": 1}])], {"[]": []}),
    (Sequence[Any], JSON, [(['[1, "a"]'], [1, "a"])], {"[null]": [None]}),
    (list[list[str]], JSON, [(['[["a"]]'], [["a"]])], {"[[]]": [[]]}),
    (list[str | None], JSON, [(["[null]"], [None])], {"[null]": [None]}),
    (list[str] | str, JSON, [(['["a"]'], ["a"]), (["a b"], "a b")], {"a b": "a b"}),
    (list, JSON, [(["[1]"], [1])], {"[1]": [1]}),
    (int | bool, JSON, [(["true"], True), (["5"], 5)], {"true": True}),
    (int | str, JSON, [(["5"], 5), (["large"], "large"), (['"5"'], "5"), (["-5"], -5)], {"5": 5, "large": "large"}),
    (Any, JSON, [(["5"], 5), (["large"], "large"), (["[1]"], [1]), (["null"], None)], {"true": True, "x": "x"}),
    (object, JSON, [(["x"], "x")], {"x": "x"}),
]


@pytest.fixture(params=[False, True], ids=["alone", "with pydantic"], autouse=True)
def pydantic(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pydantic is loaded or not: where it is, Cyclopts has it check values."""
    if request.param:
        pytest.importorskip("pydantic", reason="pydantic is not installed")
    else:
        monkeypatch.delitem(sys.modules, "pydantic", raising=False)


def parse(hint: Any, *arguments: str) -> Any:
    """Parse a command line with an option `--x` of the kind."""
    kind = kind_of(hint)

    def command(*, x: Any = None) -> Any:
        return x

    command.__annotations__["x"] = Annotated[kind.type, kind.parameter]
    return App(result_action="return_value", default_command=command)(
        list(arguments), exit_on_error=False, print_error=False
    )


@pytest.mark.parametrize(("hint", "shown", "options", "cells"), KINDS, ids=[str(hint) for hint, *_ in KINDS])
def test_kind__of_an_annotation(
    hint: Any, shown: str, options: list[tuple[list[str], Any]], cells: dict[str, Any]
) -> None:
    """A text is taken as it is where it means one value; any other value is JSON, as the help says."""
    for values, expected in options:
        found = parse(hint, *(part for value in values or [""] for part in (["--x", value] if value else ["--x"])))
        assert (found, type(found)) == (expected, type(expected))
    for cell, expected in cells.items():
        found = kind_of(hint).parse(cell)
        assert (found, type(found)) == (expected, type(expected))
    assert (kind_of(hint).parameter.metavar == JSON) is (shown == JSON) is bool(kind_of(hint).help)


@pytest.mark.parametrize(
    ("hint", "value", "message"),
    [
        (int, "24.9", "'24.9' is not an integer"),
        (int | None, "24.9", "'24.9' is not an integer"),
        (float | int, "x", "'x' is not a number"),
        (list[int], "24.9", 'unable to convert "24.9" into int'),
        (dict[str, object], "{", "this is not JSON: Expecting property name enclosed in double quotes at column 2"),
        (dict[str, object], "a", "this is not JSON: Expecting value at column 1"),
        (int | bool, "large", "this is not JSON: Expecting value at column 1"),
        (int | str, "[5", "this is not JSON: Expecting ',' delimiter at column 3"),
        (Any, '"a', "this is not JSON: Unterminated string starting at column 1"),
    ],
)
def test_kind__refuses_what_would_be_another_value(hint: Any, value: str, message: str) -> None:
    """No number is rounded, and what begins as JSON but has a mistake is not sent as a text."""
    with pytest.raises(CycloptsError, match=f"Invalid value for --x: {re.escape(message)}"):
        parse(hint, "--x", value)


def test_kind__of_a_file() -> None:
    """A field that takes a file is a text of the path or URL, for which shells complete files."""
    kind = field_kinds()["init_video"]
    assert (kind.type, kind.parameter.metavar, kind.parse("5")) == (str | Path, "URL|PATH", "5")
