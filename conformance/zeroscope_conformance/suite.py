"""The whole run against one server."""

from __future__ import annotations

import ssl
import time
import traceback
from collections.abc import Callable
from functools import cache, partial

import httpx

from zeroscope.clock import Clock, SystemClock

from . import detect, stateful
from .document import Document
from .fuzzing import explore
from .lifecycle import Ledger
from .receiver import Receiver
from .report import Report
from .results import Results
from .rules import DialectName, rules_for
from .scenarios import WALKS, pagination, webhooks
from .target import AbandonedError, Target

PATIENCE = 300.0
"""How long a prediction or a webhook is waited for, in seconds."""

# A create may be held for a minute.
_TIMEOUT = 90.0


def check(
    url: str,
    *,
    token: str,
    document: Document | None = None,
    dialect: DialectName | None = None,
    quick: bool = False,
    seed: int | None = None,
    receiver: Receiver | None = None,
    clock: Clock | None = None,
    patience: float = PATIENCE,
    explored: bool = True,
    transport: httpx.BaseTransport | None = None,
    tell: Callable[[str], object] = lambda step: None,
) -> Report:
    """Hold a server to the document and to all rules.

    Predictions are created, hundreds of them. On the service itself they cost money.

    Args:
        url: where the server is.
        token: a token that it accepts.
        document: what it is held to; the document that this package was made with if left out.
        dialect: how it speaks; found out by a create if left out.
        quick: whether fewer requests are made up.
        seed: decides the requests; a fixed one if left out.
        receiver: where webhooks can be sent; without one, the rules of webhooks are not reached.
        clock: what is waited on; the machine's own if left out.
        patience: how long a prediction or a webhook is waited for, in seconds.
        explored: whether schemathesis makes up requests as well; without them its rules are judged by the others.
        transport: what requests go through instead of a socket, such as that of a mock server in the same process;
            schemathesis has none but sockets, so it cannot be `explored`.
        tell: called with what is being done.

    Raises:
        NotThisAPIError: if the server is not one of this API, cannot be reached, or refuses the token.
        ValueError: for a transport with `explored`.

    Example:
        >>> report = check("http://127.0.0.1:8000", token="me")
        >>> report.passed, report.named("failed")
        (True, [])
    """
    if explored and transport is not None:
        raise ValueError("schemathesis needs a socket; give explored=False with a transport")
    began = time.monotonic()
    document = document or Document.load()
    clock = clock or SystemClock()
    errors: list[str] = []
    interrupted = False
    with httpx.Client(
        timeout=_TIMEOUT, follow_redirects=False, trust_env=False, verify=_certificates(), transport=transport
    ) as client:
        base_url = detect.find(client, url, token, document)
        dialect = dialect or detect.dialect_of(client, base_url, token, document)
        results = Results(rules_for(document, dialect), token)
        ledger = Ledger(document, results)
        target = Target(client, base_url, token, document, results, ledger, clock, patience)
        steps: dict[str, Callable[[], object]] = {name: partial(walk, target) for name, walk in WALKS.items()}
        if receiver is not None:
            steps["webhooks"] = partial(webhooks.walk, target, receiver)
        number = 0 if seed is None else seed
        steps["random walks"] = partial(
            stateful.wander,
            target,
            walks=3 if quick else 20,
            steps=15 if quick else 30,
            seconds=patience / (25 if quick else 5),
            number=number,
        )
        if explored:
            steps["schemathesis"] = partial(
                explore,
                base_url,
                document,
                results,
                ledger,
                token=token,
                dialect=dialect,
                examples=5 if quick else None,
                seed=seed,
                tell=tell,
            )
        # Last, so that all that was created has to be on it.
        steps["the list"] = partial(pagination.walk, target)
        for name, step in steps.items():
            tell(name)
            try:
                step()
            except AbandonedError:
                # The rule that was broken is counted; what depends on it is not reached.
                continue
            except KeyboardInterrupt:
                # What was found so far was paid for.
                interrupted = True
                break
            except Exception:
                errors.append(results.hide(f"{name}: {traceback.format_exc()}"))
    return Report(base_url, dialect, results.all(), errors, time.monotonic() - began, interrupted)


@cache
def _certificates() -> ssl.SSLContext:
    """What servers' certificates are checked with; one for all runs, as it takes long to load."""
    return httpx.create_ssl_context(trust_env=False)
