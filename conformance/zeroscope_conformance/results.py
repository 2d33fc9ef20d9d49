"""Results: the findings and the verdict of each rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from .exchange import TOKEN_VARIABLE, Exchange
from .rules import RULES, Rule

Verdict = Literal["passed", "failed", "not applicable", "not reached"]

# More examples of one failure add nothing.
_MAX_FINDINGS = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One violation of a rule.

    Args:
        rule: The name of the rule.
        expected: The expected behavior.
        seen: The actual behavior.
        curl: A command that repeats the request; empty if there is none.
    """

    rule: str
    expected: str
    seen: str
    curl: str = ""


@dataclass
class Result:
    """The result of one rule.

    Args:
        checked: The number of checks.
        failed: The number of checks that failed.
        findings: The first violations, each different.
        inapplicable: Why the rule does not apply to this server; empty if it does.
    """

    rule: Rule
    checked: int = 0
    failed: int = 0
    findings: list[Finding] = field(default_factory=list)
    inapplicable: str = ""

    @property
    def verdict(self) -> Verdict:
        """`passed` or `failed`; without a check, `not applicable` if there is a reason, otherwise `not reached`."""
        if self.failed:
            return "failed"
        if self.checked:
            return "passed"
        return "not applicable" if self.inapplicable else "not reached"


class Results:
    """The results of all rules of a run.

    Args:
        rules: The rules that apply.
        token: The token, which findings never contain even if the server returns it.
        inapplicable: The rules that do not, each with the reason. Their checks are not counted.
    """

    def __init__(self, rules: Sequence[Rule], token: str, inapplicable: Mapping[Rule, str] | None = None) -> None:
        self.by_name = {rule.name: Result(rule) for rule in rules}
        self._inapplicable = [Result(rule, inapplicable=reason) for rule, reason in (inapplicable or {}).items()]
        self._token = token

    def __contains__(self, name: str) -> bool:
        return name in self.by_name

    def check(self, name: str, passed: bool, expected: str, seen: str, exchange: Exchange | None = None) -> bool:
        """Count one check of a rule, and record a finding if it failed.

        Args:
            name: The name of the rule. A check of a rule that does not apply is not counted.
            passed: Whether the check passed.
            expected: The expected behavior.
            seen: The actual behavior.
            exchange: The exchange that shows it.

        Returns:
            Whether the check passed.
        """
        if name in self.by_name:
            result = self.by_name[name]
            result.checked += 1
            if not passed:
                self._record(result, Finding(name, expected, seen, exchange.curl() if exchange else ""))
        return passed

    def exempt(self, name: str, reason: str) -> None:
        """Exempt the server from a rule about something that it may lack. A check of the rule still counts.

        Args:
            name: The name of the rule.
            reason: What the server lacks.
        """
        if name in self.by_name:
            self.by_name[name].inapplicable = reason

    def add(self, finding: Finding) -> None:
        """Count a failed check that another tool made."""
        if finding.rule in self.by_name:
            self.by_name[finding.rule].checked += 1
            self._record(self.by_name[finding.rule], finding)

    def _record(self, result: Result, finding: Finding) -> None:
        result.failed += 1
        finding = Finding(finding.rule, *map(self.redact, (finding.expected, finding.seen, finding.curl)))
        if len(result.findings) < _MAX_FINDINGS and finding not in result.findings:
            result.findings.append(finding)

    def redact(self, text: str) -> str:
        """Return a string in which the name of the environment variable replaces the token."""
        return text.replace(self._token, f"${TOKEN_VARIABLE}")

    def all(self) -> list[Result]:
        """Return the result of every rule, in the order of the rules."""
        return sorted((*self.by_name.values(), *self._inapplicable), key=lambda result: RULES.index(result.rule))
