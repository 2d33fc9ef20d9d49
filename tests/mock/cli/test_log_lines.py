"""The lines of the log: their columns, their colors and hostile texts."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime

import pytest

from zeroscope_mock import Exchange
from zeroscope_mock.cli.log_lines import LineFormat
from zeroscope_mock.journal import Refusal
from zeroscope_mock.journal.lines import Line, describe


def sent(prompt: str) -> str:
    return json.dumps({"input": {"prompt": prompt}})


NOON = datetime(2026, 1, 2, 12, 4, 7, 123_000).timestamp()
ID = "35ij2ehzs5p72kheipcn45kak3"
READ = Exchange(
    NOON, "GET", f"/v1/predictions/{ID}", "getPrediction", 200, "", "", "t", prediction=ID, status_after="processing"
)
CREATED = replace(
    READ,
    method="POST",
    path="/v1/predictions",
    operation="createPrediction",
    status=201,
    request_body=sent("An astronaut"),
    duration=0.003,
    status_after="starting",
)
REFUSED = replace(CREATED, status=422, prediction=None, refusals=(Refusal("input.width", "100", "", None, "< 256"),))
ESCAPE = re.compile("\x1b\\[[0-9;]*m")


def shown(exchange: Exchange, count: int = 1, width: int | None = None, *, colored: bool = False) -> str:
    return LineFormat(colored=colored).line(Line(exchange, exchange, count, describe(exchange)), width)


@pytest.mark.parametrize(
    ("exchange", "count", "columns", "end"),
    [
        (CREATED, 1, ["POST", "/v1/predictions", "201", "3 ms"], f'created prediction {ID} (starting): "An astronaut"'),
        (READ, 1, ["GET", f"/v1/predictions/{ID}", "200", "<1 ms"], f"{ID} processing"),
        (READ, 1234, ["GET", f"/v1/predictions/{ID}", "200", "<1 ms"], f"{ID} processing × 1,234"),
        (REFUSED, 1, ["POST", "/v1/predictions", "422", "3 ms"], "input.width: 100 < 256"),
        (replace(READ, status=None, duration=2.34), 1, ["cut", "2.3 s"], f"{ID}: the connection was cut"),
        (replace(READ, fault="status 500"), 1, ["200"], f"{ID} processing [fault: status 500]"),
    ],
)
def test_line__tells_what_happened(exchange: Exchange, count: int, columns: list[str], end: str) -> None:
    """A line has the time, the request, the status, the duration and what the exchange did."""
    line = shown(exchange, count)

    assert line.startswith("12:04:07.123  ") and line.endswith(f"  {end}")
    assert all(f" {column} " in line for column in columns)


def test_count__is_not_cut_off() -> None:
    """A long text leaves room for the number of polls."""
    read = replace(READ, note="the clock stands still " * 9)

    line = shown(read, 33, width=110)

    assert "35ij2e… processing [" in line and line.endswith("… × 33") and len(line) == 110


def test_columns__are_aligned() -> None:
    """The statuses stand below each other, whatever the paths are."""
    lines = [shown(one) for one in (CREATED, READ, REFUSED)]
    narrow = [shown(one, width=80) for one in (CREATED, READ, REFUSED)]

    for some in (lines, narrow):
        places = {found.start() for line in some if (found := re.search(" (201|200|422) ", line))}
        assert len(places) == 1 and all(re.search(" (201|200|422) ", line) for line in some)


@pytest.mark.parametrize("width", [1, 2, 10, 40, 80, 100, 110])
@pytest.mark.parametrize(
    "prompt", ['"An astronaut riding a horse on Mars, in oil"', '"一匹马在草原上奔跑一匹马在草原上奔跑"']
)
def test_width__is_kept(width: int, prompt: str) -> None:
    """On a terminal, a line takes no second row, also with letters of two columns."""
    line = shown(replace(CREATED, request_body=sent(prompt)), width=width)

    wide = sum(ord(letter) > 0x2E80 for letter in line)
    assert len(line) + wide <= width
    assert line.endswith("…")


def test_path__is_short_on_a_terminal() -> None:
    """Of an id in a path, a terminal shows the start."""
    line = shown(READ, width=100)
    assert "  GET  /v1/predictions/35ij2e…  " in line and line.endswith("  35ij2e… processing")
    assert "  created prediction 35ij2e… (starting): " in shown(CREATED, width=120)
    assert ID in shown(CREATED, width=160)
    assert "/v1/predictions/35ij2e…/cancel  " in shown(replace(READ, path=f"{READ.path}/cancel"), width=100)


@pytest.mark.parametrize("width", [40, 60, 80])
def test_narrow_terminal__shows_status_and_result(width: int) -> None:
    """Milliseconds, the duration and the end of the path give way to the status and what happened."""
    for exchange, text in ((REFUSED, "422  input.w"), (CREATED, "201  created")):
        line = shown(exchange, width=width)
        assert len(line) <= width and text in line


@pytest.mark.parametrize(
    ("exchange", "style"),
    [(READ, "32"), (replace(READ, status=301), "36"), (REFUSED, "33"), (replace(READ, status=503), "31")],
)
def test_color__goes_by_the_status(exchange: Exchange, style: str) -> None:
    """With colors, the status has one, and the text is the same."""
    line = shown(exchange, colored=True)

    assert f"\x1b[{style}m{exchange.status}\x1b[0m" in line
    assert ESCAPE.sub("", line).rstrip() == shown(exchange)


@pytest.mark.parametrize(
    "text",
    [
        "\x1b[2Jx",
        "\x1b]0;title\x07x",
        "a\nb\r\nc",
        "\u202egnp.exe",
        "\x9b31mx",
        "a\u2028b",
        "\x00",
        "\u200fx",
        "\ud800",
    ],
    ids=ascii,
)
def test_hostile_text__is_harmless(text: str) -> None:
    """No text of a client has an effect on the terminal or takes a second line."""
    hostile = [
        replace(CREATED, request_body=sent(text), path=f"/v1/{text}", method=text),
        replace(REFUSED, refusals=(Refusal(text, text, text, None, f"< {text}"),)),
        replace(READ, note=text, fault=text, status_after=text),
        replace(READ, status_after="failed", response_body=json.dumps({"error": text})),
        replace(REFUSED, refusals=(), response_body=text),
    ]
    for exchange in hostile:
        line = shown(exchange)
        assert all(letter.isprintable() for letter in line), line


def test_skipped__counts_by_kind() -> None:
    """The line for exchanges that are not printed has the most frequent kind first, and those that are lost."""
    kinds = {("GET", "getPrediction", 200): 3, ("POST", "createPrediction", 201): 1200, ("GET", "/x", None): 1}

    line = LineFormat(colored=False).skipped(1210, kinds, None)

    assert line == (
        "… and 1,210 more: POST createPrediction 201 × 1,200, GET getPrediction 200 × 3, GET /x cut × 1, others × 6"
    )
