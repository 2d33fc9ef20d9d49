"""A run of schemathesis: requests generated from the document, with every check."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis.engine import events, from_schema

from .checks import track_predictions
from .document import JSON, Document
from .exchange import Exchange, excerpt
from .lifecycle import LifecycleTracker
from .output_files import described_components
from .results import Finding, Results
from .rules import RULES, DialectName
from .target import authorities

CONFIG = Path(__file__).with_name("schemathesis.toml")
FORM = "multipart/form-data"
PHASES = ("examples", "coverage", "fuzzing", "stateful")
LIFECYCLE_CHECK = "prediction_lifecycle"
NO_COOKIES = DefaultCookiePolicy(allowed_domains=[])
"""Refuses cookies: with a proxy's session, requests would need no token, or would be those of another account."""

_RULES = {rule.name: rule for rule in RULES}
# This API rarely reaches these checks, so each counts for the most similar rule.
_RULE_OF_CHECK = {
    "allow_header_conformance": "unsupported-method",
    "missing_required_header": "negative-data-rejection",
    "object_level_authorization": "ignored-auth",
    "use_after_free": "ensure-resource-availability",
}
_PROXIES = frozenset({"http_proxy", "https_proxy", "all_proxy"})
_METHOD_SCENARIO = "unspecified_http_method"


class _TrackerRegistry:
    """The tracker and the token of each schema in use: a check receives nothing but its case."""

    def __init__(self) -> None:
        self._trackers: dict[int, tuple[LifecycleTracker, str]] = {}

    def attach(self, schema: Any, tracker: LifecycleTracker, token: str) -> None:
        self._trackers[id(schema)] = (tracker, token)

    def detach(self, schema: Any) -> None:
        self._trackers.pop(id(schema), None)

    def find(self, schema: Any) -> tuple[LifecycleTracker, str] | None:
        return self._trackers.get(id(schema))


_TRACKERS = _TrackerRegistry()


@schemathesis.check
def prediction_lifecycle(context: Any, response: Any, case: Any) -> bool | None:
    """Check each prediction in a response against earlier responses."""
    found = _TRACKERS.find(case.operation.schema)
    if found is None:
        return True
    tracker, token = found
    violations = tracker.violations
    track_predictions(_exchange(case, response, token), tracker)
    assert tracker.violations == violations, "the response contradicts an earlier one"
    return None


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: Any, kwargs: dict[str, Any]) -> None:
    """Refuse the cookies of the responses to the requests of a run."""
    session = kwargs.get("session")
    if session is not None and _TRACKERS.find(case.operation.schema) is not None:
        session.cookies.set_policy(NO_COOKIES)


@contextmanager
def _without_proxies() -> Iterator[None]:
    """Hide the proxies of the environment, which schemathesis would use even for loopback addresses."""
    hidden = {name: os.environ.pop(name) for name in list(os.environ) if name.lower() in _PROXIES}
    try:
        yield
    finally:
        os.environ.update(hidden)


@_without_proxies()
def run_schemathesis(
    base_url: str,
    document: Document,
    results: Results,
    tracker: LifecycleTracker,
    *,
    token: str,
    dialect: DialectName,
    examples: int | None,
    seed: int | None,
    on_step: Callable[[str], object],
    on_exchange: Callable[[Exchange], object] = lambda exchange: None,
) -> None:
    """Run schemathesis against a server.

    Args:
        base_url: The base URL of the API.
        document: The document that describes it.
        results: The results that count the checks.
        tracker: The tracker of the predictions.
        token: A valid token.
        dialect: The dialect of the server.
        examples: The maximum number of examples for each operation; None for that of schemathesis.toml.
        seed: The seed of the requests; None for that of schemathesis.toml.
        on_step: Called with the name of each phase when it starts.
        on_exchange: Called with each exchange after its scenario.
    """
    config = schemathesis.Config.from_dict(schemathesis_config(base_url, token, examples, seed))
    schema = schemathesis.openapi.from_dict(_adapted_document(document, dialect), config=config)

    def map_body(context: schemathesis.HookContext, body: Any) -> Any:
        """Replace any text as the version by an existing one, as the document cannot describe which exist."""
        is_create = context.operation and context.operation.definition.raw["operationId"] == "createPrediction"
        if is_create and isinstance(body, dict) and isinstance(body.get("version"), str):
            return {**body, "version": document.metadata["version"]}
        return body

    def filter_body(context: schemathesis.HookContext, body: Any) -> bool:
        """Skip forms with another type in place of a string, as everything in a form is sent as text."""
        raw = context.operation.definition.raw if context.operation else {}
        form = raw.get("requestBody", {}).get("content", {}).get(FORM)
        if form is None or not isinstance(body, dict):
            return True
        properties = document.deref(form["schema"])["properties"]
        texts = [name for name, one in properties.items() if one.get("type") == "string" and "format" not in one]
        return all(isinstance(body.get(name, ""), str) for name in texts)

    schema.hook(map_body)
    schema.hook(filter_body)
    _TRACKERS.attach(schema, tracker, token)
    try:
        for event in from_schema(schema).execute():
            if isinstance(event, events.PhaseStarted) and event.phase.name.value in PHASES:
                on_step(f"schemathesis, {event.phase.name.value}")
            elif isinstance(event, events.Interrupted):
                raise KeyboardInterrupt
            elif isinstance(event, events.NonFatalError | events.FatalError):
                seen = excerpt(str(getattr(event, "value", None) or getattr(event, "exception", event)))
                results.add(Finding("always-answered", _RULES["always-answered"].says, seen))
            elif isinstance(event, events.ScenarioFinished):
                for exchange in _count_checks(event.recorder, document, results, token):
                    on_exchange(exchange)
    finally:
        _TRACKERS.detach(schema)


def schemathesis_config(
    base_url: str, token: str, examples: int | None = None, seed: int | None = None
) -> dict[str, Any]:
    """Return the settings of schemathesis.toml with those of a run."""
    config = tomllib.loads(CONFIG.read_text(encoding="utf-8"))
    config["base-url"] = base_url
    config["headers"] = {"Authorization": f"Bearer {token}"}
    # requests, which schemathesis uses, reads other variables.
    if (trusted := authorities()) is not None:
        config["tls-verify"] = trusted
    if seed is not None:
        config["seed"] = seed
    if examples is not None:
        config["generation"] = {**config["generation"], "max-examples": examples, "no-shrink": True}
    return config


def _adapted_document(document: Document, dialect: DialectName) -> dict[str, Any]:
    """Return the document with one example of a version, with the output of the model, and with links for a dialect.

    As published, a create returns an array of one prediction.
    """
    # A copy without shared values: YAML aliases would be changed twice.
    raw: dict[str, Any] = json.loads(json.dumps(document.raw))
    # `map_body` does not reach examples, and whether the other forms exist is for `version-forms` to find out.
    if version := Document(raw).create_body["properties"].get("version"):
        version["examples"] = [document.metadata["version"]]
    if dialect == "published":
        create = document.operations["createPrediction"]
        responses = raw["paths"][create.path][create.method.lower()]["responses"]
        for link in (link for response in responses.values() for link in response.get("links", {}).values()):
            for name, expression in link["parameters"].items():
                link["parameters"][name] = expression.replace("$response.body#/", "$response.body#/0/")
    return {**raw, "components": described_components(raw)}


def _count_checks(recorder: Any, document: Document, results: Results, token: str) -> list[Exchange]:
    """Count the checks of one scenario of schemathesis, and return its exchanges."""
    exchanges: list[Exchange] = []
    for id, interaction in recorder.interactions.items():
        if interaction.response is None:
            continue
        case = recorder.cases[id].value
        exchange = _exchange(case, interaction.response, token, interaction.timestamp)
        exchanges.append(exchange)
        results.check("always-answered", True, "", "")
        for check in recorder.checks.get(id, []):
            name: str = _RULE_OF_CHECK.get(check.name) or check.name.replace("_", "-")
            if check.failure_info is not None:
                # The tracker has counted the failures of its own check.
                if check.name != LIFECYCLE_CHECK and not _is_false_positive(check.name, exchange, document):
                    failure = check.failure_info.failure
                    reason = excerpt(f"{failure.title}: {failure.message}", 600)
                    seen = f"{reason} - in {exchange.summary}"
                    rule = _RULES.get(name)
                    results.add(Finding(name, rule.says if rule else check.name, seen, exchange=exchange))
            elif _is_applicable(check.name, case, exchange, recorder, document):
                results.check(name, True, "", "")
    return exchanges


def _is_false_positive(check: str, exchange: Exchange, document: Document) -> bool:
    """Return whether a request was generated as valid, but is not: schemathesis sends an empty URL instead of null."""
    if check != "positive_data_acceptance" or exchange.operation is None:
        return False
    described = document.operations[exchange.operation].raw.get("requestBody", {}).get("content", {}).get(JSON)
    try:
        body = json.loads(exchange.request_body)
    except ValueError:
        return False
    return described is not None and bool(document.schema_errors(described["schema"], body, formats=True))


def _is_applicable(check: str, case: Any, exchange: Exchange, recorder: Any, document: Document) -> bool:
    """Return whether a check that passed had anything to check."""
    meta = case.meta
    match check:
        case "negative_data_rejection":
            return meta is not None and meta.generation.mode.is_negative
        case "positive_data_acceptance":
            return meta is not None and meta.generation.mode.is_positive
        case "unsupported_method":
            scenario = getattr(meta.phase.data, "scenario", None) if meta is not None else None
            return getattr(scenario, "value", None) == _METHOD_SCENARIO and exchange.status == 405
        case "ensure_resource_availability":
            parent = recorder.find_parent(case_id=case.id)
            return parent is not None and parent.operation.method.upper() == "POST"
        case "ignored_auth":
            return 200 <= exchange.status < 300
        case "response_headers_conformance" | "response_schema_conformance" | "content_type_conformance":
            operation = document.operations[exchange.operation or ""]
            response = document.response(operation, exchange.status) or {}
            key = "headers" if check == "response_headers_conformance" else "content"
            return bool(response.get(key)) and (
                key == "content" or any(name.lower() in exchange.response_headers for name in response[key])
            )
        case "not_a_server_error" | "status_code_conformance":
            return True
        case _:
            return False


def _exchange(case: Any, response: Any, token: str, ended_at: float = 0.0) -> Exchange:
    """Return the exchange of a case and its response, both of schemathesis."""
    request = response.request
    body = request.body or b""
    return Exchange(
        method=request.method,
        url=request.url,
        request_headers={name.lower(): _text(value) for name, value in request.headers.items()},
        request_body=body if isinstance(body, bytes) else _text(body).encode("utf-8", "surrogatepass"),
        status=response.status_code,
        response_headers={name.lower(): ", ".join(values) for name, values in response.headers.items()},
        response_body=response.content or b"",
        operation=case.operation.definition.raw["operationId"],
        token=token,
        started_at=ended_at - response.elapsed if ended_at else 0.0,
        seconds=response.elapsed,
    )


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
