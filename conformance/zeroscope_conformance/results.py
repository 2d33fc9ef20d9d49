"""Results: the findings and the verdict of each rule."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from zeroscope_mock.journal.redaction import Redactor

from .causes import Cause, find_causes
from .document import Document
from .exchange import Exchange
from .rules import RULES, Rule

Verdict = Literal["passed", "failed", "not applicable", "not reached"]

# A server that breaks a rule in more ways than these needs no longer list.
_MAX_FINDINGS = 100
_ID_LENGTH = 8


@dataclass(frozen=True, slots=True)
class Finding:
    """One violation of a rule.

    Args:
        rule: The name of the rule.
        expected: The expected behavior.
        seen: The actual behavior.
        curl: A command that repeats the request; empty if there is none.
        exchange: The exchange that shows it; None if there is none.
        pointer: The JSON pointer of the place in the document that it is about; empty if there is none.
        cause: What is broken, in a sentence; findings of several rules may have the same one. Empty if only the rule is
            known.
        id: What names the failure in every run: the same rule, operation and place have the same.
        step: The step of the suite that found it.
    """

    rule: str
    expected: str
    seen: str
    curl: str = ""
    exchange: Exchange | None = field(default=None, repr=False)
    pointer: str = ""
    cause: str = ""
    id: str = ""
    step: str = ""

    def to_dict(self) -> dict[str, str]:
        """Return the texts of the finding as JSON values; those of the rule are not among them."""
        names = ("id", "cause", "pointer", "step", "expected", "seen", "curl")
        return {name: getattr(self, name) for name in names}


@dataclass
class Result:
    """The result of one rule.

    Args:
        checked: The number of checks.
        failed: The number of checks that failed.
        findings: The first example of each failure.
        inapplicable: Why the rule does not apply to this server; empty if it does.
        counts: How often each failure was seen, by its id.
    """

    rule: Rule
    checked: int = 0
    failed: int = 0
    findings: list[Finding] = field(default_factory=list)
    inapplicable: str = ""
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        """`passed` or `failed`; without a check, `not applicable` if there is a reason, otherwise `not reached`."""
        if self.failed:
            return "failed"
        if self.checked:
            return "passed"
        return "not applicable" if self.inapplicable else "not reached"


class Results:
    """The results of all rules of a run. Thread-safe.

    Args:
        rules: The rules that apply.
        token: The token, which findings never contain even if the server returns it.
        inapplicable: The rules that do not, each with the reason. Their checks are not counted.
        document: The document, in which the causes of failures are looked up; without it, only their rules are known.

    Attributes:
        step: The name of the current step, which findings have.
        tokens: The tokens of the run, which show nowhere.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        token: str,
        inapplicable: Mapping[Rule, str] | None = None,
        document: Document | None = None,
    ) -> None:
        self.by_name = {rule.name: Result(rule) for rule in rules}
        self.step = ""
        self._inapplicable = [Result(rule, inapplicable=reason) for rule, reason in (inapplicable or {}).items()]
        self.tokens: tuple[str, ...] = (token,)
        self._document = document
        self._lock = threading.Lock()

    def __contains__(self, name: str) -> bool:
        return name in self.by_name

    def check(
        self,
        name: str,
        passed: bool,
        expected: str,
        seen: str,
        exchange: Exchange | None = None,
        *,
        cause: str = "",
        pointer: str = "",
    ) -> bool:
        """Count one check of a rule, and record a finding if it failed.

        Args:
            name: The name of the rule. A check of a rule that does not apply is not counted.
            passed: Whether the check passed.
            expected: The expected behavior.
            seen: The actual behavior.
            exchange: The exchange that shows it.
            cause: What is broken, in a sentence without anything that differs from one run to the next; by default,
                what the exchange breaks of the document.
            pointer: The JSON pointer of the place in the document; by default, that of the cause.

        Returns:
            Whether the check passed.
        """
        if name in self.by_name:
            with self._lock:
                self.by_name[name].checked += 1
                if not passed:
                    self._record(Finding(name, expected, seen, exchange=exchange, cause=cause, pointer=pointer))
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
            with self._lock:
                self.by_name[finding.rule].checked += 1
                self._record(finding)

    def _record(self, finding: Finding) -> None:
        result = self.by_name[finding.rule]
        result.failed += 1
        exchange = finding.exchange and replace(finding.exchange, secrets=self.tokens)
        found = find_causes(finding.rule, finding.expected, exchange, self._document)
        if finding.cause:
            found = [Cause(finding.cause, found[0].pointer, finding.cause)]
        for cause in found:
            pointer = finding.pointer or cause.pointer
            id = finding.id or _failure_id(finding, pointer, cause.detail)
            result.counts[id] = result.counts.get(id, 0) + 1
            if result.counts[id] > 1 or len(result.findings) >= _MAX_FINDINGS:
                continue
            result.findings.append(
                replace(
                    finding,
                    expected=self.redact(finding.expected),
                    seen=self.redact(finding.seen),
                    curl=exchange.curl() if exchange and not finding.curl else self.redact(finding.curl),
                    exchange=exchange,
                    cause=self.redact(cause.text),
                    pointer=pointer,
                    id=id,
                    step=self.step,
                )
            )

    def hide(self, token: str) -> None:
        """Keep another token out of the findings, too."""
        self.tokens += (token,)

    def redact(self, text: str) -> str:
        """Return a string without the tokens, in whatever form, and without the secrets that queries name."""
        return Redactor((), self.tokens).url(text)

    def all(self) -> list[Result]:
        """Return the result of every rule, in the order of the rules."""
        return sorted((*self.by_name.values(), *self._inapplicable), key=lambda result: RULES.index(result.rule))


def _failure_id(finding: Finding, pointer: str, detail: str) -> str:
    """Return a short name made of nothing that differs from one run to the next."""
    exchange = finding.exchange
    where = (exchange.operation or exchange.method) if exchange else ""
    digest = hashlib.sha256("\0".join((finding.rule, where, pointer, detail)).encode("utf-8", "replace")).digest()
    return base64.b32encode(digest).decode().lower()[:_ID_LENGTH]
