"""The files of text of the mock: valid, and with the whole text."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from helpers.output_files import output_file
from zeroscope_mock.media import formats

TEXTS = {
    "plain": "An astronaut riding a horse",
    "empty": "",
    "markup": '<b>&amp; "quoted" --> </title></svg>\n\n2\n',
    "controls": "\x00\x1b[31m\u202e\ufffe\r\n\t",
    "emoji-and-right-to-left": "宇航员骑马 🐎🚀 👩‍🚀 رائد فضاء",
    "half-a-surrogate-pair": "a \ud83d b",
    "100,000-characters": "word " * 20_000,
    "one-endless-word": "W" * 100_000,
}
SVG = "{http://www.w3.org/2000/svg}"

any_text = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)


def render(suffix: str, text: str = "An astronaut riding a horse", **changed: Any) -> str:
    """The content of a file."""
    return formats.render(output_file(suffix, text, **changed)).decode()


def printable(text: str) -> str:
    """What is left of a text on one line."""
    return "".join(one for one in " ".join(text.replace("\ud83d", "?").split()) if one.isprintable())


@any_text
@pytest.mark.parametrize("suffix", ["txt", "md", "TXT"])
def test_plain__is_the_text(suffix: str, text: str) -> None:
    """Nothing is added, and only half a surrogate pair, which has no bytes, is replaced."""
    assert render(suffix, text) == text.replace("\ud83d", "?")
    assert render(suffix, "another", value=text) == text.replace("\ud83d", "?")


@pytest.mark.parametrize("value", [0, False, "", [], {}, [1, {"a": None}], {"a": 2**70}, {"宇": "🐎"}])
def test_json__is_the_value(value: Any) -> None:
    """Any JSON value goes in, and the same comes out."""
    found = json.loads(render("json", value=value))
    assert (type(found), found) == (type(value), value)


@any_text
def test_json__without_a_value_describes_the_file(text: str) -> None:
    """The text is there, with the seed and the index."""
    assert json.loads(render("json", text, seed=5, index=2)) == {
        "text": text.replace("\ud83d", "?"),
        "seed": 5,
        "index": 2,
    }


@pytest.mark.parametrize(("value", "lines"), [([1, "a\n", {"b": []}], [1, "a\n", {"b": []}]), ({"a": 1}, [{"a": 1}])])
def test_json_lines__has_one_line_for_each_element(value: Any, lines: list[Any]) -> None:
    """A value that is no list is one line."""
    assert [json.loads(line) for line in render("jsonl", value=value).splitlines()] == lines


def test_csv__is_a_table_of_objects() -> None:
    """The header has the names of all rows, and what is no text or number is JSON."""
    value = [{"text": 'a, "b"\n', "start": 0.5}, {"text": "宇", "words": [1, None], "last": True}]

    assert list(csv.reader(io.StringIO(render("csv", value=value), newline=""))) == [
        ["text", "start", "words", "last"],
        ['a, "b"\n', "0.5", "", ""],
        ["宇", "", "[1, null]", "true"],
    ]


@any_text
def test_csv__without_objects_is_a_table_of_lines(text: str) -> None:
    """Each line of the text is a row."""
    rows = list(csv.reader(io.StringIO(render("csv", text).replace("\x00", ""), newline="")))

    assert rows[0] == ["line", "text"]
    assert [row[0] for row in rows[1:]] == [str(number) for number in range(1, len(rows))]
    assert "".join(row[1] for row in rows[1:]) == "".join(text.replace("\ud83d", "?").replace("\x00", "").splitlines())


@any_text
@pytest.mark.parametrize("duration", [0.2, 1.5, 90])
@pytest.mark.parametrize(("suffix", "point"), [("srt", ","), ("vtt", ".")])
def test_subtitles__follow_each_other_until_the_end(suffix: str, point: str, duration: float, text: str) -> None:
    """Each has a time and one line, the first begins at 0, and the last ends when the sound does."""
    content = render(suffix, text, duration=duration)
    head, *cues = content.removesuffix("\n\n").split("\n\n") if suffix == "vtt" else ["", *content[:-2].split("\n\n")]
    assert head == ("WEBVTT" if suffix == "vtt" else "")

    ends = [0.0]
    for number, cue in enumerate(cues, 1):
        *counted, times, line = cue.split("\n")
        assert counted == ([str(number)] if suffix == "srt" else [])
        start, end = (seconds(time, point) for time in times.split(" --> "))
        assert ends[-1] == start < end
        ends.append(end)
        assert line and "-->" not in line
    assert ends[-1] == pytest.approx(max(0.5, duration))
    assert len(cues) <= max(1, duration / 0.5)


def seconds(time: str, point: str) -> float:
    """The seconds of a subtitle's time."""
    found = re.fullmatch(rf"(\d\d):([0-5]\d):([0-5]\d){re.escape(point)}(\d\d\d)", time)
    assert found is not None
    hours, minutes, whole, thousandths = map(int, found.groups())
    return 3600 * hours + 60 * minutes + whole + thousandths / 1000


def test_subtitles__markup_is_text() -> None:
    """WebVTT has markup, so what looks like it is escaped; SubRip has no escapes."""
    assert "\n&lt;i&gt; &amp;amp;\n" in render("vtt", "<i> &amp;")
    assert "\n<i> &amp;\n" in render("srt", "<i> &amp;")


def test_subtitles__hold_the_whole_text() -> None:
    """If there is time enough, all words are there in their order."""
    text = " ".join(f"word{number}" for number in range(100))

    assert [word for word in render("srt", text, duration=200).split() if word.startswith("word")] == text.split()


@any_text
def test_html__shows_the_text(text: str) -> None:
    """The text is the one paragraph, and none of it is markup."""
    parts = list[str]()
    tags = list[str]()

    class Parser(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:
            tags.append(tag)

        def handle_data(self, data: str) -> None:
            parts.append(data)

    parser = Parser()
    parser.feed(render("html", text))
    parser.close()
    assert tags == ["html", "meta", "title", "p"]
    assert printable(text) in "".join(parts)


@any_text
@pytest.mark.parametrize("size", [(160, 120), (1, 4096), (4096, 1), (10**400, 10**400)])
def test_svg__is_a_drawing_with_the_text(text: str, size: tuple[int, int]) -> None:
    """The XML is valid, has the size, and begins with the text as its title."""
    root = ET.fromstring(render("svg", text, width=size[0], height=size[1]))

    assert root.tag == f"{SVG}svg"
    assert (int(root.attrib["width"]), int(root.attrib["height"])) == tuple(min(4096, side) for side in size)
    assert (root.findtext(f"{SVG}title") or "") == printable(text)[:1000]
    shown = " ".join("".join(line.itertext()) for line in root.iter(f"{SVG}text"))
    assert shown[:40] == printable(text)[:40]


def test_svg__other_seeds_and_indices_are_other_drawings() -> None:
    """Whatever tells two outputs apart is to be seen."""
    assert len({render("svg"), render("svg", seed=1), render("svg", index=1)}) == 3
