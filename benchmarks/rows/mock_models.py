"""The mock server with 500 models: its start, and its request rate."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from ..benchmark import Benchmark, Context
from ..measurement import Goal, Row, Series, interleave
from ..processes import TOKEN, Server, Worker
from ..workers.canned import PREDICTIONS
from . import servers

MODELS = 500
_SIZE = 10 * 1024
_BESIDE = "the mock server without models"


def start(context: Context) -> Iterator[Row]:
    """Measure the start with a folder of models, and without."""
    folder = _write_models(context)
    options: dict[str, tuple[str, ...]] = {"ours": ("--models", str(folder)), "theirs": ()}
    samples = {name: partial(_started, context, given) for name, given in options.items()}
    figures = interleave(samples, context.choose(9, 1))
    size = sum(path.stat().st_size for path in folder.iterdir()) / MODELS / 1024
    yield Row(
        f"mock: start to first answer with {MODELS} models",
        Series("s", figures["ours"]),
        _BESIDE,
        Series("s", figures["theirs"]),
        Goal("below", 1.5),
        note=f"Each is a JSON file of {size:.0f} KiB; the schemas are compiled when they are first used.",
    )


def creates(context: Context) -> Iterator[Row]:
    """Measure validated creates of the same model, with a folder of other models and without."""
    folder = _write_models(context)
    with ExitStack() as stack:
        load = stack.enter_context(Worker(sys.executable, "load"))
        started = {
            "ours": stack.enter_context(servers.ours(context, "--models", str(folder))),
            "theirs": stack.enter_context(servers.ours(context)),
        }
        samples = {
            name: partial(_rate, load, server, 0.4 if context.quick else 1.5) for name, server in started.items()
        }
        for sample in samples.values():
            sample()
        figures = interleave(samples, context.choose(9, 3))
    yield Row(
        f"mock: validated POST with {MODELS} models",
        Series("a second", figures["ours"]),
        _BESIDE,
        Series("a second", figures["theirs"]),
        Goal("at least", 0.95),
    )


def _started(context: Context, options: tuple[str, ...]) -> float:
    with servers.ours(context, *options) as server:
        return server.started


def _rate(load: Worker, server: Server, seconds: float) -> float:
    rate: float = load.call("load", server.port, "POST", PREDICTIONS, TOKEN, servers.CREATE, seconds)
    return rate


def _write_models(context: Context) -> Path:
    """Write a folder of models with the schema of the mock server's own one."""
    folder = context.folder / "models"
    if folder.exists():
        return folder
    with servers.ours(context) as server:
        version = json.loads(server.call("GET", "/v1/models")[1])["results"][0]["latest_version"]
    # As long as the schemas of models often are.
    version["openapi_schema"]["info"]["description"] = "x" * (_SIZE - len(json.dumps(version)))
    folder.mkdir()
    for number in range(MODELS):
        version["id"] = hashlib.sha256(str(number).encode()).hexdigest()
        (folder / f"acme__m{number}.json").write_text(json.dumps(version), encoding="utf-8")
    return folder


BENCHMARKS = (
    Benchmark("mock start with many models", start),
    Benchmark("mock POST per second with many models", creates),
)
