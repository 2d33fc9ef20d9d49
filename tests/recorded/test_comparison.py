"""The comparison with recorded responses, which finds changed responses."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from helpers.recorded import SITUATIONS, Difference, compare, load_differences, load_shapes, mock_shape
from helpers.recorded.comparison import Kind

SHAPES = load_shapes()


def set_value(*path: str | int, value: Any) -> Callable[[Any], None]:
    """Return a function that sets one value of a body."""

    def change(body: Any) -> None:
        for part in path[:-1]:
            body = body[part]
        body[path[-1]] = value

    return change


def remove(*path: str | int) -> Callable[[Any], None]:
    """Return a function that removes one field of a body."""

    def change(body: Any) -> None:
        for part in path[:-1]:
            body = body[part]
        del body[path[-1]]

    return change


def skip_processing(body: Any) -> None:
    """Show a run as starting until it has ended."""
    body["status"] = {"processing": "starting"}.get(body["status"], body["status"])


def show_another(body: Any) -> None:
    """Show a prediction under another id."""
    body.update(json.loads(json.dumps(body).replace(body["id"], "a" * 26)))


@pytest.mark.parametrize(
    ("name", "change", "field", "kind"),
    [
        ("create", remove("error"), "body.error", "missing"),
        ("create", remove("urls", "cancel"), "body.urls.cancel", "missing"),
        ("create", set_value("eta", value=1), "body.eta", "extra"),
        ("create", set_value("status", value="processing"), "body.status", "other"),
        ("create", set_value("logs", value=None), "body.logs", "other"),
        ("create", set_value("version", value="latest"), "body.version", "other"),
        ("create", set_value("created_at", value="2026-01-01T00:00:00.12Z"), "body.created_at", "other"),
        ("create", set_value("created_at", value="2026-01-01T00:00:00Z"), "body.created_at", "other"),
        ("create", set_value("created_at", value="2026-01-01T00:00:84.123Z"), "body.created_at", "other"),
        ("create", set_value("urls", "get", value="/v1/predictions/abc"), "body.urls.get", "other"),
        ("create", set_value("urls", "get", value="https://api.test/v1/x"), "body.urls.get", "other"),
        ("create_held", set_value("output", value=[]), "body.output", "other"),
        ("create_held", set_value("started_at", value=None), "body.started_at", "extra"),
        ("get_succeeded", set_value("metrics", "total_time", value="1"), "body.metrics.total_time", "other"),
        ("get_succeeded", set_value("metrics", value=None), "body.metrics", "other"),
        ("get_failed", set_value("status", value="succeeded"), "body.status", "other"),
        ("list", remove("results", 0, "status"), "body.results[].status", "missing"),
        ("list", set_value("next", value=None), "body.next", "other"),
        ("file", set_value("checksums", "sha256", value="0"), "body.checksums.sha256", "other"),
        ("invalid_input", remove("invalid_fields", 0, "type"), "body.invalid_fields[].type", "missing"),
        ("not_found", set_value("status", value="404"), "body.status", "other"),
        ("throttled", set_value("detail", value="Slow down."), "body.detail", "other"),
        ("webhook", remove("completed_at"), "body.completed_at", "missing"),
        ("version", set_value("cog_version", value=1), "body.cog_version", "other"),
        ("states_of_a_run", skip_processing, "order", "other"),
        ("create", set_value("input", value={}), "body.input", "other"),
        ("create", set_value("model", value="another/model"), "body.model", "other"),
        ("create", set_value("version", value="0" * 64), "body.version", "other"),
        ("get_succeeded", show_another, "body.id", "other"),
        ("get_succeeded", set_value("input", value={"fps": 24}), "body.input", "other"),
        ("get_succeeded", set_value("logs", value=""), "body.logs", "other"),
        ("get_succeeded", set_value("started_at", value="2025-01-01T00:00:00.000Z"), "body.started_at", "other"),
        ("get_succeeded", set_value("completed_at", value="2025-01-01T00:00:00.000Z"), "body.completed_at", "other"),
        ("get_succeeded", set_value("metrics", "predict_time", value=-1.0), "body.metrics.predict_time", "other"),
        ("get_succeeded", lambda body: body["output"].append(body["output"][0]), "body.output", "other"),
        ("webhook", set_value("input", value={}), "body.input", "other"),
        ("webhook", set_value("logs", value=""), "body.logs", "other"),
        ("list", set_value("results", 0, "input", value={}), "body.results[].input", "other"),
        ("list", set_value("results", 0, "version", value="0" * 64), "body.results[].version", "other"),
        ("list", lambda body: body["results"].reverse(), "body.results", "other"),
        ("list", lambda body: body["results"].pop(), "body.results", "other"),
        ("list_last_page", lambda body: body["results"].append(body["results"][0]), "body.results", "other"),
        ("file", set_value("expires_at", value="2026-01-01T01:00:00.000Z"), "body.expires_at", "other"),
        ("file", set_value("etag", value="0" * 32), "body.etag", "other"),
        ("file", set_value("size", value=5), "body.size", "other"),
        ("file_read", set_value("checksums", "md5", value="0" * 32), "body.checksums.md5", "other"),
        ("model", set_value("owner", value="another"), "body.owner", "other"),
        ("model", set_value("run_count", value=-1), "body.run_count", "other"),
        ("model", set_value("latest_version", "id", value="0" * 64), "body.latest_version.id", "other"),
        ("version", set_value("id", value="0" * 64), "body.id", "other"),
        ("version", set_value("openapi_schema", value={}), "body.openapi_schema", "other"),
        ("versions", set_value("results", 0, "id", value="0" * 64), "body.results[].id", "other"),
        ("stream", set_value(0, "event", value="log"), "body[].event", "other"),
        ("events_of_a_stream", lambda events: events.reverse(), "order", "other"),
    ],
)
def test_comparison__finds_a_change(name: str, change: Callable[[Any], None], field: str, kind: Kind) -> None:
    """A body of the mock server with one change differs from the recorded one in that field, and did not before."""
    before, after = (compare(SITUATIONS[name](*changes), SHAPES[name]) for changes in ((), (change,)))

    assert after - before == {Difference(field, kind)}


@pytest.mark.parametrize(
    ("name", "change", "field", "kind"),
    [
        ("create", set_value("urls", "stream", value="https://api.replicate.com/v1/streams/x"), "urls.stream", "other"),
        ("create", set_value("urls", "stream", value=None), "urls.stream", "other"),
        ("create", set_value("source", value="web"), "source", "other"),
        ("get_succeeded", set_value("output", 0, value="https://elsewhere.test/output-0.mp4"), "output[]", "other"),
        ("get_failed", set_value("error", value="something"), "error", "other"),
        ("cancel", set_value("logs", value="\n"), "logs", "other"),
        ("cancel", set_value("webhook_completed", value=None), "webhook_completed", "extra"),
    ],
)
def test_comparison__allows_a_listed_difference_only_as_described(
    name: str, change: Callable[[Any], None], field: str, kind: Kind
) -> None:
    """Where differences.yaml lists a difference, another value than the mock server's is a difference."""
    shape = mock_shape(SHAPES[name], load_differences()[name])

    assert compare(SITUATIONS[name](), shape) == set()
    assert compare(SITUATIONS[name](change), shape) == {Difference(f"body.{field}", kind)}


def test_comparison__finds_other_statuses_and_headers() -> None:
    """Another status code, and a header that is missing or has another value, are differences."""
    answer, shape = SITUATIONS["unauthenticated"](), SHAPES["unauthenticated"]

    assert compare(replace(answer, status=403), shape) == {Difference("status", "other")}
    assert compare(replace(answer, headers={}), shape) == {Difference("headers.content-type", "missing")}
    changed = replace(answer, headers={"content-type": "text/html"})
    assert compare(changed, shape) == {Difference("headers.content-type", "other")}
