"""Checks the mock's responses against the documents of their operations."""

from __future__ import annotations

from typing import Any

import httpx
import jsonschema_rs

from zeroscope_mock import MockServer
from zeroscope_mock.documents.bundled import bundled_documents


class ResponseChecker:
    """An httpx hook that checks each response against the document of its operation.

    Attributes:
        seen: The operations and statuses that were checked.
    """

    def __init__(self, server: MockServer) -> None:
        added = bundled_documents()
        document = server.core.document
        self._server = server
        self._components = {
            part: {**added["components"].get(part, {}), **document["components"].get(part, {})}
            for part in {**added["components"], **document["components"]}
        }
        self._operations = {
            operation["operationId"]: operation
            for paths in (added["paths"], document["paths"])
            for item in paths.values()
            for method, operation in item.items()
            if method != "parameters"
        }
        self.seen: set[tuple[str, int]] = set()

    def __call__(self, response: httpx.Response) -> None:
        response.read()
        operation = self._server.journal[-1].operation or ""
        self.seen.add((operation, response.status_code))
        responses = self._operations[operation]["responses"]
        status = str(response.status_code)
        described = self._resolve(responses.get(status) or responses[f"{status[0]}XX"])
        content = described.get("content", {})
        if not content:
            assert response.content == b""
            return
        kind = response.headers["content-type"].partition(";")[0]
        media = content[kind] if kind in content else content["*/*"]
        if kind.endswith("json"):
            schema = {**media["schema"], "components": self._components}
            jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(response.json())
        if self._operations[operation].get("security") == [] or response.status_code == 401:
            # Without an account there are no limits.
            return
        for name in described.get("headers", {}):
            # What the document names is a text, and limits are in force in these tests.
            assert name.lower() in response.headers or not name.startswith("ratelimit"), (operation, status, name)

    def _resolve(self, described: dict[str, Any]) -> dict[str, Any]:
        if "$ref" not in described:
            return described
        _, _, part, name = described["$ref"].split("/")
        found: dict[str, Any] = self._components[part][name]
        return found
