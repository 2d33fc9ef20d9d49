"""The suite: a complete conformance run against one server."""

from __future__ import annotations

import ssl
import time
import traceback
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from functools import cache, partial
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

try:
    import orjson  # noqa: F401 - to find out whether the extra is installed
except ModuleNotFoundError as error:
    from zeroscope._extras import explain_missing

    explain_missing("conformance", error)
    raise

import httpx

from zeroscope.clock import Clock, SystemClock
from zeroscope_mock.cog import read_version

from .coverage import Measurement
from .detect import NotThisAPIError, detect_base_url, detect_dialect, detect_model
from .document import Document
from .fuzzing import NO_COOKIES, run_schemathesis
from .lifecycle import LifecycleTracker
from .receiver import Receiver
from .report import Report
from .results import Results
from .rules import DialectName, inapplicable_rules, rules_for
from .scenarios import SCENARIOS, accounts, completion, filters, pagination, webhooks
from .stateful import run_state_machine
from .target import ScenarioAbandonedError, Target, authorities
from .uncovered import Provoke, reach_uncovered, record_deliveries

OTHER_TOKEN_VARIABLE = "REPLICATE_OTHER_API_TOKEN"
"""The environment variable from which the command reads the token of another account."""

PATIENCE = 300.0
"""The longest wait for a prediction or a webhook by default, in seconds."""

# A create with `Prefer: wait` may take a minute.
_TIMEOUT = 90.0


def run_suite(
    url: str,
    *,
    token: str,
    other_token: str | None = None,
    document: Document | None = None,
    model: str | None = None,
    version: str | Path | Mapping[str, Any] | None = None,
    dialect: DialectName | None = None,
    quick: bool = False,
    seed: int | None = None,
    receiver: Receiver | None = None,
    clock: Clock | None = None,
    patience: float = PATIENCE,
    fuzz: bool = True,
    transport: httpx.BaseTransport | None = None,
    only: Collection[str] | None = None,
    provoke: Provoke | None = None,
    on_step: Callable[[str], object] = lambda step: None,
) -> Report:
    """Check a server against the document and all rules.

    A run creates hundreds of predictions. On the service itself, they cost money.

    Args:
        url: The URL of the server.
        token: A token that the server accepts.
        other_token: A token of another account that the server accepts; by default, only unknown tokens are used to
            see whether accounts are separate.
        document: The document that describes the API; by default, the one that this package was built with.
        model: A model that the server runs, as `owner/name` or `owner/name:id`, whose schema the inputs are made from;
            by default, the document's own.
        version: A version of the model as the service describes it, or its `openapi_schema` alone: as JSON values, or
            as a JSON or YAML file. By default, the server describes it.
        dialect: The dialect of the server; by default, detected by a create.
        quick: Whether to generate fewer requests.
        seed: The seed of the generated requests; by default, a fixed one.
        receiver: The receiver of webhooks; without one, the rules of webhooks are not reached.
        clock: The clock to wait on; by default, the system's.
        patience: The longest wait for a prediction or a webhook, in seconds.
        fuzz: Whether schemathesis generates requests, too; without it, other requests have to reach its rules.
        transport: An httpx transport in place of a socket, such as that of a mock server in the same process.
            schemathesis requires a socket, so a transport requires `fuzz=False`.
        only: The names of the only steps to run, to repeat a failure that one of them found; by default, all.
        provoke: Makes the server respond to the next request for an operation, by its `operationId`, with a status
            that no request brings about, such as 402; without it, such responses are not reached.
        on_step: Called with the name of each step when it starts.

    Returns:
        The report.

    Raises:
        NotThisAPIError: If the server cannot be reached, is not one of this API, does not accept one of the tokens, or
            does not describe the model, or if the certificates that the environment names cannot be used.
        DocumentError: If no input could be made that the schema of the model allows.
        ValueError: If there is a transport, but `fuzz` is true; or, as a `ModelFileError`, if the version is none.

    Example:
        >>> report = run_suite("http://127.0.0.1:8000", token="me")
        >>> report.passed, report.named("failed")
        (True, [])
    """
    if fuzz and transport is not None:
        raise ValueError("schemathesis requires a socket; pass fuzz=False with a transport")
    start = time.monotonic()
    document = document or Document.load()
    described = None if version is None else read_version(version)
    clock = clock or SystemClock()
    errors: list[str] = []
    interrupted = False
    with httpx.Client(
        timeout=_TIMEOUT,
        follow_redirects=False,
        trust_env=False,
        cookies=CookieJar(NO_COOKIES),
        verify=_ssl_context(authorities()),
        transport=transport,
    ) as client:
        base_url = detect_base_url(client, url, token, document)
        if other_token is not None:
            _require_accepted(client, base_url, other_token, document)
        if model is not None:
            document = detect_model(client, base_url, token, document, model, described)
        dialect = dialect or detect_dialect(client, base_url, token, document)
        results = Results(rules_for(document, dialect), token, inapplicable_rules(document, dialect), document)
        tracker = LifecycleTracker(document, results)
        target = Target(client, base_url, token, document, results, tracker, clock, patience)
        steps: dict[str, Callable[[], object]] = {name: partial(run, target) for name, run in SCENARIOS.items()}
        if other_token is not None:
            results.hide(other_token)
            steps["accounts"] = partial(accounts.separate_accounts, target, other_token)
        if receiver is not None:
            steps["webhooks"] = partial(webhooks.receive_webhooks, target, receiver)
        steps["state machine"] = partial(
            run_state_machine,
            target,
            runs=3 if quick else 20,
            steps=15 if quick else 30,
            wait_budget=patience / (25 if quick else 5),
            seed=0 if seed is None else seed,
        )
        if fuzz:
            steps["schemathesis"] = partial(
                run_schemathesis,
                base_url,
                document,
                results,
                tracker,
                token=token,
                dialect=dialect,
                examples=5 if quick else None,
                seed=seed,
                on_step=on_step,
                on_exchange=target.record,
            )
        measurement = Measurement(document)
        if not quick:
            steps["coverage"] = partial(reach_uncovered, target, measurement, provoke)
        # The last steps, as they expect all created predictions in the list, and more than one page.
        steps["pagination"] = partial(pagination.follow_pages, target)
        steps["filters"] = partial(filters.filter_list, target)
        steps["later reads"] = partial(completion.read_again, target)
        for name, step in steps.items():
            if only is not None and name not in only:
                continue
            on_step(name)
            results.step = name
            try:
                step()
            except ScenarioAbandonedError:
                # The violation is counted; rules that the rest of the scenario would reach are not reached.
                continue
            except KeyboardInterrupt:
                # A report of the results so far, which have cost money.
                interrupted = True
                break
            except Exception:
                errors.append(results.redact(f"{name}: {traceback.format_exc()}"))
    measurement.update(target.exchanges)
    if receiver is not None:
        record_deliveries(target, measurement, receiver)
        measurement.update(target.exchanges)
    return Report(
        base_url,
        dialect,
        results.all(),
        errors,
        time.monotonic() - start,
        interrupted,
        model,
        target.exchanges,
        measurement.coverage(),
    )


def _require_accepted(client: httpx.Client, base_url: str, other_token: str, document: Document) -> None:
    """Require that the server accepts the other token; otherwise every rule about two accounts would seem broken."""
    headers = {"authorization": f"{document.auth_schemes[0]} {other_token}"}
    with suppress(httpx.TransportError):
        if client.get(base_url + document.operations["listPredictions"].path, headers=headers).status_code == 401:
            raise NotThisAPIError(
                f"{base_url} does not accept the token of the other account; set {OTHER_TOKEN_VARIABLE} to one that it "
                "accepts, or leave it out"
            )


@cache
def _ssl_context(authorities: str | None) -> ssl.SSLContext:
    """Return one context for all runs that trust the same authorities, as it takes long to load."""
    try:
        return httpx.create_ssl_context()
    except OSError as error:
        raise NotThisAPIError(f"the certificates in {authorities} cannot be used: {error}") from error
