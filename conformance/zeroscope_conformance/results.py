"""What came of each rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from .exchange import TOKEN_VARIABLE, Exchange
from .rules import Rule

Verdict = Literal["passed", "failed", "not reached"]

# More examples of one fault tell nothing new.
_KEPT = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach of a rule.

    Args:
        rule: the rule's name.
        expected: what should have been seen.
        seen: what was seen.
        curl: a command that repeats the request; empty if there is none.
    """

    rule: str
    expected: str
    seen: str
    curl: str = ""


@dataclass
class Result:
    """What came of one rule.

    Args:
        rule: the rule.
        checked: how many times it was looked at.
        failed: how many of them it was broken.
        findings: the first breaches.
    """

    rule: Rule
    checked: int = 0
    failed: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def verdict(self) -> Verdict:
        """Passed, failed or not reached."""
        if self.failed:
            return "failed"
        return "passed" if self.checked else "not reached"


class Results:
    """The tally of all rules.

    Args:
        rules: those that are looked at.
        token: what no finding may show, even if the server does.
    """

    def __init__(self, rules: Sequence[Rule], token: str) -> None:
        self.by_name = {rule.name: Result(rule) for rule in rules}
        self._token = token

    def __contains__(self, name: str) -> bool:
        return name in self.by_name

    def check(self, name: str, kept: bool, expected: str, seen: str, exchange: Exchange | None = None) -> bool:
        """Count that a rule was looked at, and say whether it was kept.

        Args:
            name: the rule's name; one that does not apply is not counted.
            kept: whether it was kept.
            expected: what should have been seen.
            seen: what was seen.
            exchange: the request that shows it.
        """
        if name in self.by_name:
            result = self.by_name[name]
            result.checked += 1
            if not kept:
                self._add(result, Finding(name, expected, seen, exchange.curl() if exchange else ""))
        return kept

    def add(self, finding: Finding) -> None:
        """Count a breach that was found elsewhere."""
        if finding.rule in self.by_name:
            self.by_name[finding.rule].checked += 1
            self._add(self.by_name[finding.rule], finding)

    def _add(self, result: Result, finding: Finding) -> None:
        result.failed += 1
        finding = Finding(finding.rule, *map(self.hide, (finding.expected, finding.seen, finding.curl)))
        if len(result.findings) < _KEPT and finding not in result.findings:
            result.findings.append(finding)

    def hide(self, text: str) -> str:
        """A text with the token's name in place of the token."""
        return text.replace(self._token, f"${TOKEN_VARIABLE}")

    def all(self) -> list[Result]:
        """Every rule's result, in the rules' order."""
        return list(self.by_name.values())
