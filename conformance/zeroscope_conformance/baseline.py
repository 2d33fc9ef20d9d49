"""Baseline: the known failures of a server, and what a run changes of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .report import RECORDED, Report
from .results import Finding
from .rules import RULES


class BaselineError(ValueError):
    """A file is no baseline."""


@dataclass(frozen=True, slots=True)
class KnownFailure:
    """A failure of a baseline.

    Args:
        id: The id of the failure.
        rule: The name of the rule.
        cause: What is broken, for people who read the file.
        pointer: The JSON pointer of the place in the document, for people who read the file.
        operation: The `operationId` of the request; empty if none is known.
        kind: The dialect of the run, or `recorded` for recorded traffic; empty if it is unknown.
    """

    id: str
    rule: str
    cause: str = ""
    pointer: str = ""
    operation: str = ""
    kind: str = ""

    @classmethod
    def of(cls, finding: Finding, kind: str) -> KnownFailure:
        """Return what a baseline has of a finding in a report of some kind."""
        operation = (finding.exchange.operation if finding.exchange else "") or ""
        return cls(finding.id, finding.rule, finding.cause, finding.pointer, operation, kind)

    def is_checked(self, report: Report) -> bool:
        """Return whether a report would have the failure if it were still there."""
        return (
            self.kind in {"", report.kind}
            and any(result.checked for result in report.results if result.rule.name == self.rule)
            and (not self.operation or any(one.operation == self.operation for one in report.exchanges))
        )


@dataclass(frozen=True)
class Baseline:
    """The known failures of a server.

    Args:
        failures: The failures.
        not_reached: The names of the rules that are known not to be reached.
    """

    failures: Sequence[KnownFailure] = ()
    not_reached: Sequence[str] = ()

    @classmethod
    def load(cls, path: Path) -> Baseline:
        """Read a baseline.

        Raises:
            BaselineError: If the file is none.
        """
        try:
            values = json.loads(path.read_bytes())
            failures = [
                KnownFailure(**{name: str(one.get(name, "")) for name in KnownFailure.__dataclass_fields__})
                for one in values["failures"]
            ]
            return cls(failures, [str(name) for name in values["not_reached"]])
        except OSError as error:
            raise BaselineError(f"{path} cannot be read: {error.strerror}") from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BaselineError(f"{path} is not a baseline, which --update-baseline writes") from error

    def to_json(self) -> str:
        """Return the baseline as JSON, in an order that makes for short diffs."""
        failures = [asdict(one) for one in sorted(self.failures, key=lambda one: (one.rule, one.pointer, one.id))]
        return json.dumps({"failures": failures, "not_reached": sorted(self.not_reached)}, indent=2) + "\n"

    @property
    def ids(self) -> frozenset[str]:
        """The ids of the failures."""
        return frozenset(one.id for one in self.failures)

    def compare(self, reports: Sequence[Report]) -> Comparison:
        """Return what runs change of the known failures."""
        found = _failures(reports)
        runs = [report for report in reports if report.kind != RECORDED]
        reached = {result.rule.name for report in runs for result in report.results if result.checked}
        names = {rule.name for rule in RULES}
        missing = [one for one in self.failures if one.id not in found]
        checked = {one.id for one in missing if any(one.is_checked(report) for report in reports)}
        not_reached = list(dict.fromkeys(name for report in reports for name in report.missed))
        return Comparison(
            new=[one for id, one in found.items() if id not in self.ids],
            known=[one for one in self.failures if one.id in found],
            mended=[one for one in missing if one.id in checked and one.rule in names],
            unchecked=[one for one in missing if one.id not in checked and one.rule in names],
            unknown=[one for one in missing if one.rule not in names],
            newly_not_reached=[name for name in not_reached if name not in self.not_reached],
            newly_reached=[name for name in self.not_reached if name not in not_reached and name in reached],
        )

    def updated(self, reports: Sequence[Report]) -> Baseline:
        """Return the baseline after runs: their failures, and those that were not checked."""
        failures = {one.id: one for one in self.compare(reports).unchecked}
        failures |= _failures(reports)
        missed = dict.fromkeys(name for report in reports for name in report.missed)
        # Recorded traffic need not reach a rule, so it does not tell.
        is_run = any(report.kind != RECORDED for report in reports)
        return Baseline(list(failures.values()), list(missed if is_run else self.not_reached))


@dataclass(frozen=True)
class Comparison:
    """What runs change of the known failures.

    Args:
        new: The failures that are not known.
        known: The known failures that were seen again.
        mended: The known failures that were not seen, although they would have been.
        unchecked: The known failures that could not be seen: their rule or operation was not reached, or they are of
            recorded traffic or of another dialect.
        unknown: The known failures of rules that this version of the suite does not have.
        newly_not_reached: The rules that were not reached, which is not known.
        newly_reached: The rules that were reached, and are known not to be.
    """

    new: Sequence[KnownFailure]
    known: Sequence[KnownFailure]
    mended: Sequence[KnownFailure]
    unchecked: Sequence[KnownFailure]
    unknown: Sequence[KnownFailure]
    newly_not_reached: Sequence[str]
    newly_reached: Sequence[str]

    @property
    def passed(self) -> bool:
        """Whether the runs are no worse than the baseline."""
        return not self.new and not self.newly_not_reached

    def lines(self) -> Iterator[str]:
        """Yield a line for each change, and one for the known failures."""
        for title, failures in (
            ("new", self.new),
            ("mended", self.mended),
            ("not checked", self.unchecked),
            ("unknown to this version of the suite", self.unknown),
        ):
            for one in failures:
                yield f"{title}: {one.id} {one.rule}" + (f", {one.cause}" if one.cause else "")
        for title, names, state in (
            ("new", self.newly_not_reached, "not reached"),
            ("mended", self.newly_reached, "reached"),
        ):
            if names:
                yield f"{title}: {', '.join(names)} {'is' if len(names) == 1 else 'are'} {state}"
        counts = {"new": self.new, "known": self.known, "mended": self.mended}
        yield "baseline: " + ", ".join(f"{len(failures)} {name}" for name, failures in counts.items())

    def to_dict(self) -> dict[str, Any]:
        """Return the ids as JSON values."""
        kinds = ("new", "known", "mended", "unchecked", "unknown")
        return {kind: [one.id for one in getattr(self, kind)] for kind in kinds}


def _failures(reports: Sequence[Report]) -> dict[str, KnownFailure]:
    """Return the failures of reports, each of the first kind that has it, by their ids."""
    failures: dict[str, KnownFailure] = {}
    for report in reports:
        for finding in (finding for result in report.results for finding in result.findings):
            failures.setdefault(finding.id, KnownFailure.of(finding, report.kind))
    return failures
