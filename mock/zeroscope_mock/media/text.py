"""Renders files of text: plain, JSON, tables, subtitles, HTML and SVG."""

from __future__ import annotations

import colorsys
import csv
import io
import json
import random
import textwrap
from collections.abc import Callable, Mapping
from html import escape
from itertools import islice
from typing import Any

from ..messages import encode
from .output_file import OutputFile

_SUBTITLE_WIDTH = 42
_SHORTEST_SUBTITLE = 0.5
_MOST_SUBTITLES = 1000
_SVG_LINE, _SVG_LINES = 46, 4
_LONGEST_TITLE = 1000


def render(file: OutputFile) -> bytes:
    """The bytes of a text in UTF-8; of any suffix that is not known, plain text."""
    content = _RENDERERS.get(file.suffix.lower(), _plain)(file)
    # Half a surrogate pair, which JSON may hold, has no bytes.
    return content if isinstance(content, bytes) else content.encode("utf-8", "replace")


def _plain(file: OutputFile) -> str:
    return file.value if isinstance(file.value, str) else file.text


def _value(file: OutputFile) -> Any:
    """The value; without one, what describes the file."""
    return {"text": file.text, "seed": file.seed, "index": file.index} if file.value is None else file.value


def _json(file: OutputFile) -> bytes:
    return encode(_value(file)) + b"\n"


def _json_lines(file: OutputFile) -> bytes:
    value = _value(file)
    return b"".join(encode(one) + b"\n" for one in (value if isinstance(value, list) else [value]))


def _csv(file: OutputFile) -> str:
    """A table of the value, if it is a list of objects; else of the text's lines."""
    rows: list[Mapping[str, Any]]
    if isinstance(file.value, list) and file.value and all(isinstance(row, dict) for row in file.value):
        rows = file.value
    else:
        rows = [{"line": number, "text": line} for number, line in enumerate(file.text.splitlines() or [""], 1)]
    content = io.StringIO(newline="")
    table = csv.DictWriter(content, list(dict.fromkeys(name for row in rows for name in row)))
    table.writeheader()
    for row in rows:
        table.writerow({name: _cell(value) for name, value in row.items()})
    return content.getvalue()


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list | bool) else value


def _subtitles(file: OutputFile) -> list[tuple[float, float, str]]:
    """Start, end and line of each subtitle; together they last as long as the file."""
    # An arrow would be taken for that between the times.
    lines = textwrap.wrap(file.line.replace("-->", "->"), _SUBTITLE_WIDTH) or ["(no text)"]
    seconds = max(_SHORTEST_SUBTITLE, file.bounded_duration)
    shown = list(islice(lines, max(1, min(_MOST_SUBTITLES, int(seconds / _SHORTEST_SUBTITLE)))))
    return [
        (seconds * place / len(shown), seconds * (place + 1) / len(shown), line) for place, line in enumerate(shown)
    ]


def _srt(file: OutputFile) -> str:
    return "".join(
        f"{number}\n{_time(start, ',')} --> {_time(end, ',')}\n{line}\n\n"
        for number, (start, end, line) in enumerate(_subtitles(file), 1)
    )


def _vtt(file: OutputFile) -> str:
    return "WEBVTT\n\n" + "".join(
        f"{_time(start, '.')} --> {_time(end, '.')}\n{escape(line, quote=False)}\n\n"
        for start, end, line in _subtitles(file)
    )


def _time(seconds: float, point: str) -> str:
    whole, thousandths = divmod(round(1000 * seconds), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{point}{thousandths:03}"


def _html(file: OutputFile) -> str:
    line = escape(file.line)
    return (
        f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>output-{file.index}</title>\n'
        f"<p>{line}</p>\n</html>\n"
    )


def _svg(file: OutputFile) -> str:
    """A drawing of hills and a moon above the text, in colors that seed and index choose."""
    width, height = file.bounded_size
    # The drawing is 100 units wide.
    bottom = 100 * height / width
    rng = random.Random(f"{file.seed}/{file.index}")
    hue, moon, near, far = rng.random(), rng.randrange(15, 85), rng.uniform(-8, 8), rng.uniform(-8, 8)
    lines = textwrap.wrap(file.line, _SVG_LINE)[:_SVG_LINES]
    top = bottom - 4.5 * len(lines) - 1
    rows = "".join(f'<text x="4" y="{top + 4.5 * row:.2f}">{escape(line)}</text>\n' for row, line in enumerate(lines))

    def color(lightness: float) -> str:
        return "#" + "".join(f"{round(255 * part):02x}" for part in colorsys.hls_to_rgb(hue, lightness, 0.5))

    def hills(share: float, swing: float) -> str:
        y = bottom * share
        return f"M0 {y:.2f} Q25 {y - swing:.2f} 50 {y:.2f} T100 {y:.2f} V{bottom:.2f} H0Z"

    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 100 {bottom:.2f}">\n'
        f"<title>{escape(file.line[:_LONGEST_TITLE])}</title>\n"
        f'<rect width="100" height="{bottom:.2f}" fill="{color(0.18)}"/>\n'
        f'<circle cx="{moon}" cy="{bottom * 0.25:.2f}" r="{min(9, bottom / 8):.2f}" fill="{color(0.88)}"/>\n'
        f'<path d="{hills(0.55, far)}" fill="{color(0.36)}"/>\n'
        f'<path d="{hills(0.66, near)}" fill="{color(0.10)}"/>\n'
        f'<g font-family="sans-serif" font-size="3.6" fill="#fff">\n{rows}</g>\n'
        "</svg>\n"
    )


_RENDERERS: Mapping[str, Callable[[OutputFile], str | bytes]] = {
    "json": _json,
    "jsonl": _json_lines,
    "csv": _csv,
    "srt": _srt,
    "vtt": _vtt,
    "html": _html,
    "svg": _svg,
}
