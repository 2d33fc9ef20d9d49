"""The report of a run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .exchange import Exchange
from .results import Result
from .rules import DialectName

if TYPE_CHECKING:
    from .coverage import Coverage

RECORDED = "recorded"
"""The kind of reports of recorded traffic."""


@dataclass(frozen=True)
class Report:
    """The report of a run.

    Args:
        url: The base URL of the server.
        dialect: The dialect of the server.
        results: The result of each rule.
        errors: The tracebacks of errors in the suite itself, which are not the server's.
        seconds: The duration, in seconds.
        interrupted: Whether the run was interrupted.
        model: The model whose schema the inputs were made from; None for that of the document.
        exchanges: All exchanges of the run, in their order.
        coverage: What of the document they reached; None if that was not measured.
    """

    url: str
    dialect: DialectName
    results: Sequence[Result]
    errors: Sequence[str]
    seconds: float
    interrupted: bool = False
    model: str | None = None
    exchanges: Sequence[Exchange] = ()
    coverage: Coverage | None = None

    @property
    def title(self) -> str:
        """The server, its dialect and the model, on one line."""
        return f"{self.url} ({', '.join(filter(None, (self.dialect, self.model)))})"

    @property
    def kind(self) -> str:
        """What a failure of this report can be compared with: failures of reports of the same kind."""
        return self.dialect

    @property
    def passed(self) -> bool:
        """Whether all rules that apply passed, and the run was complete."""
        return not self.named("failed") and not self.missed and not self.errors and not self.interrupted

    @property
    def missed(self) -> list[str]:
        """The names of the rules that a run has to reach, and this one did not."""
        return self.named("not reached")

    def named(self, verdict: str) -> list[str]:
        """Return the names of the rules with a verdict: `passed`, `failed`, `not applicable` or `not reached`."""
        return [result.rule.name for result in self.results if result.verdict == verdict]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return {
            "url": self.url,
            "dialect": self.dialect,
            "model": self.model,
            "passed": self.passed,
            "interrupted": self.interrupted,
            "seconds": round(self.seconds, 2),
            "rules": [
                {
                    "rule": result.rule.name,
                    "says": result.rule.says,
                    "verdict": result.verdict,
                    "checked": result.checked,
                    "failed": result.failed,
                    "inapplicable": result.inapplicable if result.verdict == "not applicable" else "",
                    "findings": [finding.to_dict() for finding in result.findings],
                }
                for result in self.results
            ],
            "errors": list(self.errors),
        }
