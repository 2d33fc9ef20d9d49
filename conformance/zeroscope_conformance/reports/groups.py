"""Groups of failures with the same cause."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..report import Report
from ..results import Finding, Result


@dataclass
class FailureGroup:
    """The failures of a run with the same cause.

    Args:
        title: The cause, or the rule and its requirement if only that is known.
        failures: The failures, each with the result of its rule.
    """

    title: str
    failures: list[tuple[Result, Finding]] = field(default_factory=list)

    @property
    def rules(self) -> list[str]:
        """The names of the rules that failed."""
        return list(dict.fromkeys(finding.rule for _, finding in self.failures))

    @property
    def count(self) -> int:
        """How many checks failed."""
        return sum(count_of(result, finding) for result, finding in self.failures)

    @property
    def pointers(self) -> list[str]:
        """The places in the document that the failures are about."""
        return list(dict.fromkeys(finding.pointer for _, finding in self.failures if finding.pointer))


def count_of(result: Result, finding: Finding) -> int:
    """Return how often a failure was seen."""
    return result.counts.get(finding.id, 1)


def group_failures(report: Report) -> list[FailureGroup]:
    """Return the failures of a run in groups of the same cause, in the order of the rules."""
    groups: dict[str, FailureGroup] = {}
    for result in report.results:
        for finding in result.findings:
            title = finding.cause or f"{result.rule.name}: {result.rule.says}"
            groups.setdefault(title, FailureGroup(title)).failures.append((result, finding))
    return list(groups.values())


def counted(count: int, noun: str) -> str:
    """Return a number of things in words."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def times(count: int) -> str:
    """Return a number of occurrences in words."""
    return "once" if count == 1 else f"{count:,} times"
