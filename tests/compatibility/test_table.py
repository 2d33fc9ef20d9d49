"""The table that the tests of other clients write."""

from __future__ import annotations

import re

import pytest

from compatibility.clients import CLIENTS, REPLICATE_BETA, REPLICATE_NPM, REPLICATE_PYTHON
from compatibility.table import CALL, PAGE, collect, read, update
from helpers.pages import read_page

FIRST, SECOND = CLIENTS[0].title, CLIENTS[1].title


def report(title: str, outcome: str = "passed", *calls: str) -> pytest.TestReport:
    """What came of a test of a client."""
    return pytest.TestReport(
        f"tests/compatibility/test_a.py::test_b[{title}]",
        ("test_a.py", 1, "test_b"),
        {},
        outcome,  # type: ignore[arg-type]  # one of the three that pytest has
        None,
        "call",
        user_properties=[(CALL, (title, call)) for call in calls],
    )


def test_page__has_a_row_for_each_client() -> None:
    """The page names all clients that are pinned, in their versions, with the calls that passed, and no others."""
    rows = read(PAGE.read_text(encoding="utf-8"))

    assert list(rows) == [client.title for client in CLIENTS]
    for row in rows.values():
        assert "`" in row.split("|")[3]


def test_page_on_replicate__has_the_versions_of_the_official_clients() -> None:
    """The table of versions has those that are tested, and no others."""
    rows = re.findall(r"^\| replicate \((\w+)\) \| (\S+) \|", read_page("from-replicate.md"), re.MULTILINE)
    tested = [*REPLICATE_PYTHON, REPLICATE_BETA, *REPLICATE_NPM]

    assert rows == [(client.language, client.environment.packages["replicate"]) for client in tested]


@pytest.mark.parametrize("outcome", ["failed", "skipped"])
def test_collect__leaves_out_clients_with_a_test_that_did_not_pass(outcome: str) -> None:
    """A client has a new row only if all of its tests passed."""
    reports = [report(FIRST, "passed", "a", "b"), report(FIRST, outcome), report(SECOND, "passed", "c")]

    assert collect(reports) == {SECOND: ["c"]}


def test_update__replaces_the_rows_of_clients_that_ran() -> None:
    """A row holds each call once; the rows of other clients stay, and those of unknown clients go."""
    page = update(PAGE.read_text(encoding="utf-8"), {client.title: ["a"] for client in CLIENTS})
    stale = page.replace(FIRST, "someone's client 1.0 (Python)")

    updated = update(stale, {SECOND: ["b", "a", "b"]})

    assert list(read(updated)) == [client.title for client in CLIENTS[1:]]
    assert read(updated)[SECOND].endswith("| `a`, `b` |")
    assert update(updated, {SECOND: ["a", "b"]}) == updated
    assert updated.partition("|---|")[0] == stale.partition("|---|")[0]
