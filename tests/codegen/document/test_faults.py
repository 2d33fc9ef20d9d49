"""Faults in a document: one sentence, with the line and the column."""

from __future__ import annotations

import pytest
from codegen.document.openapi import load_document

from helpers.source_trees import load

NOT_YAML = [
    ("a:\n\t- b", "a tab indents, where YAML allows spaces alone, in line 2, column 1"),
    ("a: b\n\tc: d", "a tab indents, where YAML allows spaces alone, in line 2, column 1"),
    ("a:\n  b: 1\n  b: {c: 2}", "the key 'b' appears twice in line 3, column 3"),
    ('{"a": 1, "a": 2}', "the key 'a' appears twice in line 1, column 10"),
    ("a:\n  - b: 2020-13-45", "month must be in 1..12 in line 2, column 8"),
    ("a: [1,\nb: 2", "expected ',' or ']', but got '<stream end>' in line 2, column 5"),
    ("a: b\nc: \x07", "the character U+0007 is not allowed in line 2, column 4"),
    ("a: *b", "found undefined alias 'b' in line 1, column 4"),
    (f"a: {'9' * 5000}", " in line 1, column 4"),
    ("a: !!bool x", " in line 1, column 4"),
    ("a: [[:alpha:]]\n[[b]]: 1", "a key is not a text but a list or a mapping in line 2, column 1"),
    ("a: 1\nu: &u {type: object, x: *u}", "a value holds itself through an alias in line 2, column 4"),
    (
        "a: &a [" + "x, " * 1000 + "]\nb: &b [" + "*a, " * 1000 + "]\nc: *b\n",
        "with its aliases written out, a value is made of more than 1,000,000 others, in line 2, column 4",
    ),
    ("a:" + " [" * 101 + "]" * 101, "values are nested more than 100 levels deep in line 1, column 4"),
]


@pytest.mark.parametrize(("text", "sentence"), NOT_YAML, ids=range(len(NOT_YAML)))
def test_text__that_is_not_yaml(text: str, sentence: str) -> None:
    """The error is one line, short enough for a message, that ends with the place of the fault."""
    with pytest.raises(ValueError, match=r"in line \d+, column \d+$") as caught:
        load(text)
    assert str(caught.value).endswith(sentence) and len(str(caught.value)) <= 200


def test_text__that_is_nested_too_deeply_to_be_read() -> None:
    """No line is known where the parser itself gives up."""
    with pytest.raises(ValueError, match=r"^it is nested too deeply$"):
        load("[" * 3000 + "]" * 3000)


def test_text__with_aliases_of_aliases() -> None:
    """Aliases that would fill the memory are refused at once, merged or not."""
    lines = ["a0: &a0 {x: 1, y: 2}"]
    lines += [f"a{n}: &a{n} {{" + ", ".join(f"k{k}: *a{n - 1}" for k in range(9)) + "}" for n in range(1, 30)]
    with pytest.raises(ValueError, match="with its aliases written out"):
        load("\n".join(lines))


@pytest.mark.parametrize(
    "text",
    ["a: &a [1]\nb: [*a, *a]", "a: &a {x: 1}\nb: {<<: *a}", "a: &a 1\nb: *a", "a:" + " [" * 98 + "]" * 98],
)
def test_text__with_aliases_that_end(text: str) -> None:
    """An alias of what stands elsewhere is read, and so is what is nested as deeply as a document may be."""
    assert load(text)["a"]


PATHS = "openapi: 3.1.0\npaths:\n"
NOT_A_DOCUMENT = [
    (f"{PATHS}  /a:\n    get: {{operationId: a}}\n    post:\n      x: 1\n", "POST /a has no operationId", (5, 5)),
    (f"{PATHS}  /a: {{get: {{operationId: ''}}}}\n", "GET /a has no operationId", (3, 8)),
    (f"{PATHS}  /a:\n    get:\n", "GET /a is None, not an operation", (4, 5)),
    (
        f"{PATHS}  /a: {{get: {{operationId: a}}}}\n  /b: {{get: {{operationId: a}}}}\n",
        "GET /b has the operationId of GET /a, 'a'",
        (4, 14),
    ),
    (
        f'{PATHS}  /a: {{$ref: "#/components/pathItems/A"}}\ncomponents:\n  pathItems:\n    A:\n      get: {{}}\n',
        "GET /a has no operationId",
        (7, 7),
    ),
    (
        f"x: &x {{get: {{}}}}\n{PATHS}  /a:\n    <<: *x\n",
        "GET /a has no operationId",
        (4, 3),
    ),
]


@pytest.mark.parametrize(("text", "sentence", "place"), NOT_A_DOCUMENT, ids=range(len(NOT_A_DOCUMENT)))
def test_document__without_an_operation_id(text: str, sentence: str, place: tuple[int, int]) -> None:
    """An operation from which no function can be generated is named, with its place in the file."""
    with pytest.raises(ValueError, match="operation") as caught:
        load_document(text)
    assert str(caught.value) == f"{sentence}, in line {place[0]}, column {place[1]}"


@pytest.mark.parametrize("text", ["[]", "a: 1", "paths: []", ""])
def test_document__without_paths(text: str) -> None:
    """Other content is named as such."""
    with pytest.raises(ValueError, match="it is not an OpenAPI document with paths"):
        load_document(text)


def test_document__whose_operations_have_ids() -> None:
    """A document is returned as it is; a path item may have other keys, and a reference may lead nowhere."""
    references = '  /b: {$ref: "#/x"}\n  /c: {$ref: "#/paths/~1c"}\n'
    text = f"{PATHS}  /a: {{get: {{operationId: a}}, summary: A}}\n{references}"
    assert load_document(text) == load(text)
