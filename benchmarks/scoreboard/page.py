"""The page of the scoreboard, in Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from zeroscope_conformance import RULES, Report
from zeroscope_conformance.results import Verdict

_COLUMNS: dict[Verdict, str] = {
    "passed": "kept",
    "failed": "broken",
    "not reached": "not reached",
    "not applicable": "not applicable",
}
_CELLS: dict[Verdict, str] = {
    "passed": "kept",
    "failed": "**broken**",
    "not reached": "not reached",
    "not applicable": "–",
}
# The report of a dialect lacks the rules of the other one.
_ABSENT: Verdict = "not applicable"

_INTRODUCTION = """\
# Scoreboard

This page shows which rules of the [conformance suite](conformance.md) each server keeps. `make scoreboard` ran the
suite on {date} and wrote the page; `make scoreboard URL=http://…` adds a server of yours, with the token in
`REPLICATE_API_TOKEN`. It also leaves the findings behind each verdict, with requests to repeat, in `build/scoreboard`,
as JSON and as a page.
"""

_MEANINGS = """\
- **kept**: the rule was checked at least once, and every check passed.
- **broken**: at least one check failed.
- **not reached**: no response allowed a check, for example because no prediction could be read, or none ended.
- **not applicable** (–): the rule is about something that the document, the dialect or the server does not have.
- **coverage**: how much of [the document](conformance.md#coverage-of-the-document) the requests and responses of the
  run reached. It says nothing about the quality of a server, but how much of it was seen.
"""

_RULES = """\
## The rules

[Conformance](conformance.md#the-rules) says what each rule demands, and why.
"""

_READING = """\
- **The mock server's rows prove little by themselves.** It has the same authors as the suite, and every change runs
  one against the other. That the suite finds faults is shown elsewhere: in the tests, servers with one known fault
  each break every rule. The service is not on this page, since it would bill the run;
  [recorded traffic](conformance.md#recorded-traffic) can be held to the same document.
- **Prism and Mockoon serve any OpenAPI document, and are used here as they come**, without examples, templates or
  scripts written for this API. They answer each request by itself, so a prediction that was created is not there to be
  read, waited for, canceled or listed. Most rules are about just that. A broken rule is no defect of such a server, but
  tells what a test against it cannot notice.
- **Kept does not mean understood.** A server that always returns the same prediction never changes the facts of one.
- **The counts are comparable only with the rules that were not reached beside them.** A server that ends during the
  run, or refuses creates, is not asked the rest.
"""


@dataclass(frozen=True)
class Score:
    """The result of one server.

    Args:
        name: Its name.
        version: Its version; empty if it is not known.
        report: The report of the run; None if there was none.
        remark: Why there is no report, or what else happened during the run; empty if nothing did.
    """

    name: str
    version: str
    report: Report | None = None
    remark: str = ""


def to_markdown(scores: Sequence[Score], date: str, run: Mapping[str, str]) -> str:
    """Return the page.

    Args:
        scores: The servers, in the order of the page.
        date: The date of the run.
        run: What the run depended on besides, such as the version of Python.
    """
    verdicts = [_verdicts(score.report) for score in scores]
    rules = [rule.name for rule in RULES if any(rule.name in found for found in verdicts)]
    parts = [_INTRODUCTION.format(date=date), _table(_summary(scores, verdicts, rules))]
    remarks = [f"- **{_cell(score.name)}**: {_cell(score.remark)}" for score in scores if score.remark]
    parts += ["\n".join(remarks) + "\n"] if remarks else []
    parts += ["## The columns\n", _MEANINGS, "## How to read it\n", _READING]
    if rules:
        parts += [_RULES, _table(_details(scores, verdicts, rules))]
    parts += ["## The run\n", "\n".join(f"- {name}: {_cell(text)}" for name, text in run.items()) + "\n"]
    return "\n".join(parts)


def _verdicts(report: Report | None) -> dict[str, Verdict]:
    return {result.rule.name: result.verdict for result in report.results} if report else {}


def _summary(
    scores: Sequence[Score], verdicts: Sequence[Mapping[str, Verdict]], rules: Sequence[str]
) -> Iterable[Sequence[str]]:
    yield ["server", "version", "dialect", *_COLUMNS.values(), "coverage"]
    for score, found in zip(scores, verdicts, strict=True):
        counts = Counter(found.get(rule, _ABSENT) for rule in rules)
        figures = [str(counts[verdict]) if score.report else "" for verdict in _COLUMNS]
        figures.append(f"{score.report.coverage.percent:.0f} %" if score.report and score.report.coverage else "")
        yield [score.name, score.version or "not known", score.report.dialect if score.report else "not run", *figures]


def _details(
    scores: Sequence[Score], verdicts: Sequence[Mapping[str, Verdict]], rules: Sequence[str]
) -> Iterable[Sequence[str]]:
    columns = [(score.name, found) for score, found in zip(scores, verdicts, strict=True) if score.report]
    yield ["rule", *(name for name, _ in columns)]
    for rule in rules:
        yield [f"`{rule}`", *(_CELLS[found.get(rule, _ABSENT)] for _, found in columns)]


def _table(rows: Iterable[Sequence[str]]) -> str:
    head, *rest = ([_cell(cell) for cell in row] for row in rows)
    lines = [head, ["---"] * len(head), *rest]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(text: str) -> str:
    """A text on one line, without what would end a cell."""
    return " ".join(text.split()).replace("|", "\\|")
