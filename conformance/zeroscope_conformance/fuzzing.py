"""What schemathesis makes of the document: requests of every kind, in four phases, with every check."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis.engine import events, from_schema

from .checks import note
from .document import JSON, Document
from .exchange import Exchange, excerpt
from .lifecycle import Ledger
from .results import Finding, Results
from .rules import RULES, DialectName

SETTINGS = Path(__file__).with_name("schemathesis.toml")
FORM = "multipart/form-data"
PHASES = ("examples", "coverage", "fuzzing", "stateful")
LIFECYCLE = "prediction_lifecycle"

_RULES = {rule.name: rule for rule in RULES}
# Checks that this API gives little occasion for count for the rule that is nearest.
_COUNTED_AS = {
    "allow_header_conformance": "unsupported-method",
    "missing_required_header": "negative-data-rejection",
    "object_level_authorization": "ignored-auth",
    "use_after_free": "ensure-resource-availability",
}
_PROBED = "unspecified_http_method"


class _Ledgers:
    """The ledger of each schema that is being run."""

    def __init__(self) -> None:
        self._ledgers: dict[int, tuple[Ledger, str]] = {}

    def attach(self, schema: Any, ledger: Ledger, token: str) -> None:
        self._ledgers[id(schema)] = (ledger, token)

    def detach(self, schema: Any) -> None:
        self._ledgers.pop(id(schema), None)

    def of(self, schema: Any) -> tuple[Ledger, str] | None:
        return self._ledgers.get(id(schema))


_LEDGERS = _Ledgers()


@schemathesis.check
def prediction_lifecycle(context: Any, response: Any, case: Any) -> bool | None:
    """Hold each prediction to what was answered of it before."""
    found = _LEDGERS.of(case.operation.schema)
    if found is None:
        return True
    ledger, token = found
    broken = ledger.broken
    note(_exchange(case, response, token), ledger)
    assert ledger.broken == broken, "the answer contradicts what was answered before"
    return None


def explore(
    base_url: str,
    document: Document,
    results: Results,
    ledger: Ledger,
    *,
    token: str,
    dialect: DialectName,
    examples: int | None,
    seed: int | None,
    tell: Callable[[str], object],
) -> None:
    """Run schemathesis against a server.

    Args:
        base_url: where the API begins.
        document: what it is held to.
        results: where the rules are counted.
        ledger: what is known of the predictions.
        token: a valid token.
        dialect: how the server speaks.
        examples: how many examples an operation gets; as many as the settings say if None.
        seed: decides the requests; the settings' own if None.
        tell: called with what is being done.
    """
    config = settings(base_url, token, examples, seed)
    schema = schemathesis.openapi.from_dict(_linked(document, dialect), config=schemathesis.Config.from_dict(config))

    def map_body(context: schemathesis.HookContext, body: Any) -> Any:
        """Name a version that exists, wherever a text is named: the document cannot say which ones do."""
        creates = context.operation and context.operation.definition.raw["operationId"] == "createPrediction"
        if creates and isinstance(body, dict) and isinstance(body.get("version"), str):
            return {**body, "version": document.facts["version"]}
        return body

    def filter_body(context: schemathesis.HookContext, body: Any) -> bool:
        """Leave out forms with anything but text where the document wants a text: on the wire all of it is text."""
        raw = context.operation.definition.raw if context.operation else {}
        form = raw.get("requestBody", {}).get("content", {}).get(FORM)
        if form is None or not isinstance(body, dict):
            return True
        fields = document.deref(form["schema"])["properties"]
        texts = [name for name, field in fields.items() if field.get("type") == "string" and "format" not in field]
        return all(isinstance(body.get(name, ""), str) for name in texts)

    schema.hook(map_body)
    schema.hook(filter_body)
    _LEDGERS.attach(schema, ledger, token)
    try:
        for event in from_schema(schema).execute():
            if isinstance(event, events.PhaseStarted) and event.phase.name.value in PHASES:
                tell(f"schemathesis, {event.phase.name.value}")
            elif isinstance(event, events.Interrupted):
                raise KeyboardInterrupt
            elif isinstance(event, events.NonFatalError | events.FatalError):
                said = excerpt(str(getattr(event, "value", None) or getattr(event, "exception", event)))
                results.add(Finding("always-answered", _RULES["always-answered"].says, said))
            elif isinstance(event, events.ScenarioFinished):
                _take(event.recorder, document, results, token)
    finally:
        _LEDGERS.detach(schema)


def settings(base_url: str, token: str, examples: int | None = None, seed: int | None = None) -> dict[str, Any]:
    """What schemathesis.toml says, for one server."""
    config = tomllib.loads(SETTINGS.read_text(encoding="utf-8"))
    config["base-url"] = base_url
    config["headers"] = {"Authorization": f"Bearer {token}"}
    if seed is not None:
        config["seed"] = seed
    if examples is not None:
        config["generation"] = {**config["generation"], "max-examples": examples, "no-shrink": True}
    return config


def _linked(document: Document, dialect: DialectName) -> dict[str, Any]:
    """The document, in which links lead from what the dialect answers: as published, an array of one prediction."""
    # Values that a YAML file names twice are two here, so that each is changed once.
    raw: dict[str, Any] = json.loads(json.dumps(document.raw))
    if dialect == "published":
        create = document.operations["createPrediction"]
        answers = raw["paths"][create.path][create.method.lower()]["responses"]
        for link in (link for answer in answers.values() for link in answer.get("links", {}).values()):
            for name, expression in link["parameters"].items():
                link["parameters"][name] = expression.replace("$response.body#/", "$response.body#/0/")
    return raw


def _take(recorder: Any, document: Document, results: Results, token: str) -> None:
    """Count the checks of one scenario."""
    for id, checks in recorder.checks.items():
        interaction = recorder.interactions.get(id)
        if interaction is None or interaction.response is None:
            continue
        case = recorder.cases[id].value
        exchange = _exchange(case, interaction.response, token)
        for check in checks:
            name: str = _COUNTED_AS.get(check.name) or check.name.replace("_", "-")
            if check.failure_info is not None:
                if check.name != LIFECYCLE and not _mistaken(check.name, exchange, document):
                    failure = check.failure_info.failure
                    said = excerpt(f"{failure.title}: {failure.message}", 600)
                    seen = f"{said} - in {exchange.seen}"
                    rule = _RULES.get(name)
                    results.add(Finding(name, rule.says if rule else check.name, seen, exchange.curl()))
            elif _reached(check.name, case, exchange, recorder, document):
                results.check(name, True, "", "")
    for interaction in recorder.interactions.values():
        if interaction.response is not None:
            results.check("always-answered", True, "", "")


def _mistaken(check: str, exchange: Exchange, document: Document) -> bool:
    """Whether a request was meant to be valid and is not: schemathesis takes empty addresses where null will do."""
    if check != "positive_data_acceptance" or exchange.operation is None:
        return False
    described = document.operations[exchange.operation].raw.get("requestBody", {}).get("content", {}).get(JSON)
    try:
        sent = json.loads(exchange.body)
    except ValueError:
        return False
    return described is not None and bool(document.faults(described["schema"], sent, formats=True))


def _reached(check: str, case: Any, exchange: Exchange, recorder: Any, document: Document) -> bool:
    """Whether a check that was passed had something to look at."""
    meta = case.meta
    match check:
        case "negative_data_rejection":
            return meta is not None and meta.generation.mode.is_negative
        case "positive_data_acceptance":
            return meta is not None and meta.generation.mode.is_positive
        case "unsupported_method":
            scenario = getattr(meta.phase.data, "scenario", None) if meta is not None else None
            return getattr(scenario, "value", None) == _PROBED and exchange.status == 405
        case "ensure_resource_availability":
            parent = recorder.find_parent(case_id=case.id)
            return parent is not None and parent.operation.method.upper() == "POST"
        case "ignored_auth":
            return 200 <= exchange.status < 300
        case "response_headers_conformance" | "response_schema_conformance" | "content_type_conformance":
            operation = document.operations[exchange.operation or ""]
            answer = document.answer(operation, exchange.status) or {}
            key = "headers" if check == "response_headers_conformance" else "content"
            return bool(answer.get(key)) and (
                key == "content" or any(name.lower() in exchange.answered for name in answer[key])
            )
        case "not_a_server_error" | "status_code_conformance":
            return True
        case _:
            return False


def _exchange(case: Any, response: Any, token: str) -> Exchange:
    request = response.request
    body = request.body or b""
    return Exchange(
        method=request.method,
        url=request.url,
        headers={name.lower(): _text(value) for name, value in request.headers.items()},
        body=body if isinstance(body, bytes) else _text(body).encode("utf-8", "surrogatepass"),
        status=response.status_code,
        answered={name.lower(): ", ".join(values) for name, values in response.headers.items()},
        content=response.content or b"",
        operation=case.operation.definition.raw["operationId"],
        token=token,
    )


def _text(value: Any) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
