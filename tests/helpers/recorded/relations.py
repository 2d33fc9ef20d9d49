"""Relations of the values in a response to each other and to what was sent."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from zeroscope_conformance import Document
from zeroscope_conformance.timestamps import parse_timestamp

if TYPE_CHECKING:
    from helpers.recorded.service import Answer

DOCUMENT = Document.load()
METADATA = DOCUMENT.metadata
DEFAULTS = {name: schema.get("default") for name, schema in DOCUMENT.input_fields}
TIMES = ("created_at", "started_at", "completed_at")


def broken_relations(answer: Answer, page_size: int | None) -> Iterator[tuple[str, object]]:
    """Yield the path and the value of each field that contradicts another one, or what was sent.

    Args:
        answer: The response. Fields that it lacks are not its relations' concern.
        page_size: The number of entries on a page that is full.
    """
    body = answer.body
    if not isinstance(body, dict):
        return
    if {"id", "status"} <= body.keys():
        yield from _prediction_fields(answer, body, "body")
    if "checksums" in body:
        yield from _file_fields(answer, body)
    yield from _model_fields(body)
    entries = body.get("results")
    if isinstance(entries, list) and answer.inputs:
        yield from _page_fields(answer, entries, page_size)


def _prediction_fields(answer: Answer, prediction: dict[str, Any], path: str) -> Iterator[tuple[str, object]]:
    id = str(prediction.get("id"))
    if id not in answer.inputs:
        yield f"{path}.id", id
        return
    # Of a prediction whose data was removed, it is not known what its input shows.
    if "input" in prediction and not prediction.get("data_removed") and prediction["input"] != answer.inputs[id]:
        yield f"{path}.input", prediction["input"]
    for name in ("model", "version"):
        if prediction.get(name, METADATA[name]) != METADATA[name]:
            yield f"{path}.{name}", prediction[name]
    output, wanted = prediction.get("output"), {**DEFAULTS, **answer.inputs[id]}["batch_size"]
    if isinstance(output, list) and len(output) != wanted:
        yield f"{path}.output", output
    times = [(name, parse_timestamp(prediction.get(name))) for name in TIMES]
    for (_, before), (name, after) in pairwise([(name, time) for name, time in times if time is not None]):
        if before is not None and after is not None and after < before:
            yield f"{path}.{name}", prediction[name]


def _file_fields(answer: Answer, file: dict[str, Any]) -> Iterator[tuple[str, object]]:
    created, expires = (parse_timestamp(file.get(name)) for name in ("created_at", "expires_at"))
    if created and expires and expires - created != timedelta(seconds=METADATA["file-retention-seconds"]):
        yield "body.expires_at", file["expires_at"]
    digests = {name: hashlib.new(name, answer.content).hexdigest() for name in ("md5", "sha256")}
    for path, shown, actual in (
        ("etag", file.get("etag"), digests["md5"]),
        ("size", file.get("size"), len(answer.content)),
        *((f"checksums.{name}", file["checksums"].get(name), digest) for name, digest in digests.items()),
    ):
        if shown != actual:
            yield f"body.{path}", shown


def _model_fields(body: dict[str, Any]) -> Iterator[tuple[str, object]]:
    if {"owner", "name"} <= body.keys():
        for name, expected in zip(("owner", "name"), METADATA["model"].split("/"), strict=True):
            if body[name] != expected:
                yield f"body.{name}", body[name]
    results = body.get("results")
    versions = [
        ("body", body),
        ("body.latest_version", body.get("latest_version")),
        *(("body.results[]", entry) for entry in (results if isinstance(results, list) else [])),
    ]
    for path, version in versions:
        if isinstance(version, dict) and "openapi_schema" in version and version.get("id") != METADATA["version"]:
            yield f"{path}.id", version.get("id")


def _page_fields(answer: Answer, entries: list[Any], page_size: int | None) -> Iterator[tuple[str, object]]:
    for entry in entries:
        yield from _prediction_fields(answer, entry, "body.results[]")
    listed = [entry.get("id") for entry in entries]
    newest_first = list(answer.inputs)[::-1]
    is_first = answer.body.get("previous") is None
    expected = newest_first[: len(listed)] if is_first else newest_first[-len(listed) :]
    if listed != expected or page_size not in {None, len(listed)}:
        yield "body.results", listed
