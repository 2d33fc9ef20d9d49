"""The text of the document, and the lines of its places."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from helpers.pages import ROOT
from zeroscope_conformance.source import DocumentSource, document_lines

SPEC = ROOT / "openapi.yaml"


def test_lines__of_every_place() -> None:
    """Each place of openapi.yaml has the line on which its name stands."""
    lines, text = document_lines(SPEC), SPEC.read_text(encoding="utf-8").splitlines()

    assert len(lines) > 500
    for pointer, line in lines.items():
        name = pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
        if pointer and not name.isdecimal():
            assert name in text[line - 1], pointer


@pytest.mark.parametrize(
    ("pointer", "line"),
    [("", 1), ("/a", 1), ("/a/b~1c", 2), ("/a/b~1c/1", 4), ("/a/b~1c/1/d", 4), ("/a/x/y", 1), ("/z", 1)],
)
def test_line__is_that_of_the_nearest_place(tmp_path: Path, pointer: str, line: int) -> None:
    """Places that the text lacks have the line of the place around them."""
    path = tmp_path / "spec.yaml"
    path.write_text("a:\n  b/c:\n    - 1\n    - d: 2\n", encoding="utf-8")
    source = DocumentSource.load(path, tmp_path)

    assert source.line(pointer) == line
    assert (line, source.text.splitlines()[line - 1]) in source.excerpt(pointer)


def test_json__has_lines_too(tmp_path: Path) -> None:
    """A document in JSON is read like one in YAML."""
    path = tmp_path / "spec.json"
    path.write_text(json.dumps({"a": {"b": [1]}}, indent=1), encoding="utf-8")

    assert document_lines(path) == {"": 1, "/a": 2, "/a/b": 3, "/a/b/0": 4}


def test_name__is_relative_to_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a workflow of GitHub, paths start at its checkout; a file elsewhere has its name only."""
    path = tmp_path / "api" / "my spec.yaml"
    path.parent.mkdir()
    path.write_text("a: 1\n", encoding="utf-8")
    monkeypatch.chdir(path.parent)
    assert DocumentSource.load(Path("my spec.yaml")).name == "my spec.yaml"
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))

    source = DocumentSource.load(Path("my spec.yaml"))
    assert (source.name, source.uri, source.is_file) == ("api/my spec.yaml", "api/my%20spec.yaml", True)
    assert DocumentSource.load(path, tmp_path / "other").name == "my spec.yaml"


def test_built_in_document__is_its_file_if_there_is_one(tmp_path: Path) -> None:
    """In a clone, the lines are those of openapi.yaml; elsewhere, the text is written from the values."""
    clone, elsewhere = DocumentSource.load(folder=ROOT), DocumentSource.load(folder=tmp_path)

    assert clone.is_file and clone.text == SPEC.read_text(encoding="utf-8")
    assert not elsewhere.is_file and elsewhere.name == "the built-in document"
    assert (clone.uri, elsewhere.uri) == ("openapi.yaml", "built-in-document.yaml")
    assert "built-in" in clone.note and "no file" in elsewhere.note
    assert elsewhere.text.splitlines()[elsewhere.line("/components/schemas/Prediction") - 1].strip() == "Prediction:"


@pytest.mark.parametrize("content", ["a: [", "openapi: 3.1.0\n"])
def test_built_in_document__is_no_other_file_of_that_name(tmp_path: Path, content: str) -> None:
    """An openapi.yaml of another API, or a broken one, is not taken for it."""
    (tmp_path / "openapi.yaml").write_text(content, encoding="utf-8")

    assert not DocumentSource.load(folder=tmp_path).is_file
