"""`zeroscope list`: its filters, and the table that it prints."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from helpers.client import Harness, ScriptedResponses, prediction_body
from helpers.command import Command
from zeroscope import Prediction
from zeroscope.cli import moments, table
from zeroscope_mock import MockServer

NOW = datetime(2026, 1, 31, 8, 30, 15, tzinfo=UTC)
ID = "gm3qorzdhgbfurvjtvhg6dckhu"


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine in Berlin, at a fixed time."""
    monkeypatch.setattr(moments, "now", lambda: NOW)
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()


@pytest.fixture(autouse=True)
def _utc() -> object:
    """UTC again after each test."""
    yield
    time.tzset()


def predictions(*fields: dict[str, Any]) -> list[Prediction]:
    """Return predictions with these fields."""
    found = []
    for given in fields:
        body = prediction_body(**{"id": ID, "status": "succeeded", "created_at": "2026-01-31T06:30:00Z", **given})
        client = Harness("sync").client(ScriptedResponses(httpx.Response(200, json=body)))
        found.append(client.predictions.get(ID))
    return found


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (
            200,
            [
                "ID                          STATUS     CREATED               PROMPT",
                f"{ID}  succeeded  2026-01-31 07:30 CET  a lighthouse in a storm, seen from a boat",
                f"{ID}  failed     -                     海の灯台、嵐の中で、波の上に",
            ],
        ),
        (
            80,
            [
                "ID                          STATUS     CREATED               PROMPT",
                f"{ID}  succeeded  2026-01-31 07:30 CET  a lighthouse in a…",
                f"{ID}  failed     -                     海の灯台、嵐の中で…",
            ],
        ),
        (
            60,
            [
                "ID                          STATUS     AGE  PROMPT",
                f"{ID}  succeeded  2h   a lighthouse in…",
                f"{ID}  failed     -    海の灯台、嵐の…",
            ],
        ),
        (45, ["ID                          STATUS     AGE", f"{ID}  succeeded  2h", f"{ID}  failed     -"]),
        (38, ["ID                          STATUS", f"{ID}  succeeded", f"{ID}  failed"]),
        (20, [ID, "  succeeded, 2h", ID, "  failed, -"]),
    ],
)
@pytest.mark.usefixtures("zone")
def test_table__fits_the_terminal(
    width: int, expected: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A terminal gets a header, local times with their zone, and what fits; an ID is never cut."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", str(width))
    table.show(
        predictions(
            {"input": {"prompt": "a lighthouse\nin a storm, seen from a boat"}},
            {"status": "failed", "created_at": "yesterday", "input": {"prompt": "海の灯台、嵐の中で、波の上に"}},
        )
    )
    assert capsys.readouterr().out.splitlines() == expected


@pytest.mark.usefixtures("zone")
def test_lines__are_the_same_on_every_machine(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal there is no header, no tab and no cut, times are in UTC, and each prediction has a line."""
    table.show(predictions({"input": {"prompt": "a\n" + "b" * 100}}, {"input": {}, "created_at": "yesterday"}))
    assert capsys.readouterr().out.splitlines() == [
        f"{ID}  succeeded  2026-01-31T06:30:00Z  a {'b' * 100}",
        f"{ID}  succeeded  -",
    ]


@pytest.mark.parametrize("json", [False, True])
@pytest.mark.parametrize(("options", "ending"), [([], ""), (["--status", "failed"], " that match")])
def test_empty_list__says_so(command: Command, json: bool, options: list[str], ending: str) -> None:
    """An account without predictions is told of on stderr, so that a program still reads nothing or an empty array."""
    outcome = command("list", *options, *["--json"] * json)
    assert (outcome.code, outcome.out, outcome.err) == (
        (0, "[]\n", "") if json else (0, "", f"zeroscope: no predictions{ending}\n")
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--status", "succeeded"], ["A lighthouse", "A LIGHTHOUSE in a storm"]),
        (["--status", "failed", "--status", "canceled"], ["mock:fail x"]),
        (["--prompt", "lighthouse"], ["A lighthouse", "A LIGHTHOUSE in a storm"]),
        (["--prompt", "lighthouse", "--limit", "1"], ["A lighthouse"]),
        (["--prompt", "lighthouse", "--status", "failed"], []),
    ],
)
def test_filters__choose_by_status_and_prompt(
    command: Command, server: MockServer, options: list[str], expected: list[str]
) -> None:
    """--status and --prompt choose among all predictions, and --limit counts those that are chosen."""
    with server.client() as client:
        client.run_many([{"prompt": "A LIGHTHOUSE in a storm"}])
        client.run_many([{"prompt": "mock:fail x"}])
        client.run_many([{"prompt": "A lighthouse"}])
    assert [entry["input"]["prompt"] for entry in command("list", "--json", *options).json] == expected


def test_status__that_does_not_exist_is_refused(command: Command, server: MockServer) -> None:
    """A misspelled status is an error that names all of them, not an empty list."""
    outcome = command("list", "--status", "done")
    assert outcome.code == 2 and 'for --status. Choose from: "starting", "processing"' in outcome.err
    assert len(server.journal) == 0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2h", "2026-01-31T06:30:15Z"),
        ("90s", "2026-01-31T08:28:45Z"),
        ("30m", "2026-01-31T08:00:15Z"),
        ("7d", "2026-01-24T08:30:15Z"),
        ("today", "2026-01-30T23:00:00Z"),
        ("yesterday", "2026-01-29T23:00:00Z"),
        ("2026-07-01", "2026-06-30T22:00:00Z"),
        ("2026-02-30", "2026-02-30"),
        ("2026-01-31T08:30:00Z", "2026-01-31T08:30:00Z"),
        ("2 hours", "2 hours"),
        ("2026-01-31 07:30", "2026-01-31T06:30:00Z"),
        ("2026-01-31 07:30:09", "2026-01-31T06:30:09Z"),
        ("2026-01-31 07:30 CET", "2026-01-31T06:30:00Z"),
        ("2026-10-25 02:30 CEST", "2026-10-25T00:30:00Z"),
        ("2026-10-25 02:30 CET", "2026-10-25T01:30:00Z"),
        ("2026-01-31 07:30 UTC", "2026-01-31T07:30:00Z"),
        ("2026-01-31 07:30 EST", "2026-01-31 07:30 EST"),
        ("2026-01-31 27:30", "2026-01-31 27:30"),
    ],
)
@pytest.mark.usefixtures("zone")
def test_moment__becomes_a_time(text: str, expected: str) -> None:
    """A duration counts back from now, a day begins at midnight of this machine, and anything else stays as it is."""
    assert moments.to_time(text) == expected


@pytest.mark.usefixtures("zone")
def test_created_after__may_be_how_long_ago(command: Command, server: MockServer) -> None:
    """The service gets a time."""
    assert command("list", "--created-after", "2h", "--created-before", "30m").code == 0
    (exchange,) = server.journal
    assert dict(httpx.URL(exchange.path).params) == {
        "created_after": "2026-01-31T06:30:15Z",
        "created_before": "2026-01-31T08:00:15Z",
    }


@pytest.mark.parametrize(
    ("passed", "expected"),
    [(-5, "0s"), (0, "0s"), (59, "59s"), (60, "1m"), (3599, "59m"), (7200, "2h"), (90000, "1d"), (864000, "10d")],
)
def test_age__is_in_the_largest_unit(passed: int, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An age is one number; a clock that is behind the service's makes none negative."""
    monkeypatch.setattr(moments, "now", lambda: NOW)
    assert moments.age(NOW - timedelta(seconds=passed)) == expected
