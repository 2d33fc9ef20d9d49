"""Marks, which stand for files in outputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from zeroscope_mock import MockServer
from zeroscope_mock.lifecycle.marks import file_mark, file_suffixes, fill_marks

API = "https://api.replicate.com/v1"
NESTED: Any = {"a": ["mock:file.png", {"b": "mock:file.mp3"}], "c": "mock:file.glb", "d": [None, True, 1.5, "text"]}


def name(number: int, suffix: str) -> str:
    return f"{number}.{suffix}"


def test_fill__numbers_files_depth_first_and_keeps_the_rest() -> None:
    """The files of an output are counted from the start to the end, whatever they are nested in."""
    assert fill_marks(NESTED, name) == {"a": ["0.png", {"b": "1.mp3"}], "c": "2.glb", "d": [None, True, 1.5, "text"]}
    assert file_suffixes(NESTED) == ["png", "mp3", "glb"]


@pytest.mark.parametrize(
    "text", ["mock:file.", "mock:file.PNG", "mock:file.a/b", "a mock:file.png", "mock:file.png ", "mock:fail"]
)
def test_fill__leaves_other_texts(text: str) -> None:
    """Only a whole text with a plain suffix is a mark."""
    assert fill_marks([text], name) == [text] and file_suffixes(text) == []


def test_fill__does_not_change_the_output() -> None:
    """The same output is filled again for each response."""
    output = [file_mark("png")]
    assert fill_marks(output, name) == ["0.png"] and output == ["mock:file.png"]


def test_fill__ends_in_an_output_that_is_nested_deeply() -> None:
    """A script may return what no request could carry."""
    output: Any = "mock:file.png"
    for _ in range(20_000):
        output = [output]
    assert file_suffixes(output) == []


def test_script__with_marks_has_real_files(
    server: MockServer, api: httpx.Client, create: Callable[..., dict[str, Any]]
) -> None:
    """A scripted output of any shape has URLs in place of its marks, and each leads to a file of its format."""
    server.scripts.add({"output": {"pictures": ["mock:file.png", "mock:file.webp"], "words": "mock:file.txt"}})
    prediction = create(prompt="A red fox")
    server.clock.advance(60)
    output = api.get(prediction["urls"]["get"]).json()["output"]
    base = f"{API}/outputs/{prediction['id']}/output-"
    assert output == {"pictures": [f"{base}0.png", f"{base}1.webp"], "words": f"{base}2.txt"}
    files = [api.get(url) for url in (*output["pictures"], output["words"])]
    assert [file.headers["content-type"] for file in files] == ["image/png", "image/webp", "text/plain; charset=utf-8"]
    assert files[0].content.startswith(b"\x89PNG") and files[1].content[8:12] == b"WEBP" and files[2].text
    for wrong in ("0.webp", "1.png", "3.png", "0.mp4"):
        assert api.get(f"{base}{wrong}").status_code == 404


@pytest.mark.parametrize("gradual", [False, True])
def test_stream__counts_the_files_of_earlier_outputs(
    gradual: bool, server: MockServer, api: httpx.Client, create: Callable[..., dict[str, Any]]
) -> None:
    """The events have the same URLs as the prediction."""
    output = [["mock:file.png", "mock:file.png"], "text", {"file": "mock:file.wav"}]
    server.scripts.add({"output": output, "gradual": gradual, "logs": []})
    prediction = create(prompt="A red fox")
    server.clock.advance(60)
    final = api.get(prediction["urls"]["get"]).json()["output"]
    assert final[2] == {"file": f"{API}/outputs/{prediction['id']}/output-2.wav"}
    events = api.get(prediction["urls"]["stream"]).text
    assert 'output-1.png"]' in events and f'{{"file": "{final[2]["file"]}"}}' in events


def test_inline__outputs_of_any_shape_hold_their_files(
    server: MockServer, api: httpx.Client, create: Callable[..., dict[str, Any]]
) -> None:
    """With `inline`, each mark becomes a `data:` URI of the file's type."""
    server.scripts.add({"output": {"words": "mock:file.txt", "more": ["mock:file.png"]}, "inline": True})
    prediction = create(prompt="A red fox")
    server.clock.advance(60)
    output = api.get(prediction["urls"]["get"]).json()["output"]
    assert output["words"].startswith("data:text/plain;charset=utf-8;base64,")
    assert output["more"][0].startswith("data:image/png;base64,iVBOR")
