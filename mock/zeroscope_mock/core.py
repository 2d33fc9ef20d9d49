"""One request in, one response out: the server without a door."""

from __future__ import annotations

import hmac
import threading
from collections.abc import Mapping
from typing import Any

from .bodies import MalformedBodyError, Upload, media_type, read_form, read_json
from .clock import Clock
from .journal import Journal
from .messages import Request, Response
from .operations import Call, Operations
from .outputs import Outputs
from .problems import (
    Fault,
    invalid,
    malformed,
    method_not_allowed,
    not_found,
    not_implemented,
    too_large,
    unauthenticated,
    unsupported_media_type,
)
from .spec import Operation, Spec
from .store import Store, tenant_of

JSON = "application/json"
FORM = "multipart/form-data"


class Core:
    """Answers requests by the document, on a clock, without any I/O. Threads may share it.

    A request that the document forbids is refused as the service refuses it; none raises an exception. An operation of
    the document that is not one of `Operations` is answered with 501.

    Args:
        spec: the document.
        clock: tells the time.
        seed: decides ids, seeds and timings.
        token: the only bearer token to accept; any that is not empty if left out.
        json_limit: the largest body other than a form, in bytes.
        file_limit: the largest form, in bytes.
        journal_limit: how many exchanges the journal keeps.
    """

    def __init__(
        self,
        spec: Spec,
        clock: Clock,
        *,
        seed: int,
        token: str | None,
        json_limit: int,
        file_limit: int,
        journal_limit: int,
    ) -> None:
        self.journal = Journal(journal_limit)
        self.body_limit = max(json_limit, file_limit)
        self._clock = clock
        self._token = token
        self._json_limit = json_limit
        self._file_limit = file_limit
        self._spec = spec
        self._store = Store()
        self._outputs = Outputs()
        self._operations = Operations(spec, self._store, self._outputs, clock, seed)
        self._lock = threading.RLock()

    def handle(self, request: Request) -> Response:
        """Answer one request and write both down."""
        token = _bearer_token(request)
        tenant = tenant_of(token) if token else None
        operation, response = self._answer(request, token, tenant)
        self.journal.record(
            request,
            response,
            time=self._clock.time(),
            operation=operation.id if operation else None,
            tenant=tenant,
            token=token,
        )
        return response

    @property
    def document(self) -> Mapping[str, Any]:
        """The OpenAPI document that is followed."""
        return self._spec.document

    def reset(self) -> None:
        """Forget all predictions, files, videos and exchanges; the clock goes on."""
        with self._lock:
            self._store.clear()
            self._outputs.clear()
            self.journal.clear()

    def _answer(self, request: Request, token: str | None, tenant: str | None) -> tuple[Operation | None, Response]:
        match = self._spec.match(request.path)
        if match is None:
            return None, self._download(request)
        operation = match.route.operations.get(request.method)
        if operation is None:
            return None, method_not_allowed(request.method, match.route.operations)
        if operation.protected and (tenant is None or not self._admits(token)):
            return operation, unauthenticated()
        handler = self._operations.handlers.get(operation.id)
        if handler is None:
            return operation, not_implemented(operation.id)
        arguments, faults = operation.arguments(request, match.arguments)
        body, more = self._read_body(operation, request)
        if isinstance(more, Response):
            return operation, more
        if faults or more:
            return operation, invalid([*faults, *more])
        with self._lock:
            return operation, handler(
                Call(
                    request=request,
                    base=request.origin + match.prefix,
                    tenant=tenant or "",
                    arguments=arguments,
                    body=body,
                )
            )

    def _download(self, request: Request) -> Response:
        with self._lock:
            response = self._operations.download(request)
        if response is None:
            return not_found()
        return response if request.method in {"GET", "HEAD"} else method_not_allowed(request.method, ("GET", "HEAD"))

    def _admits(self, token: str | None) -> bool:
        return self._token is None or hmac.compare_digest(
            (token or "").encode("utf-8", "surrogatepass"), self._token.encode()
        )

    def _read_body(self, operation: Operation, request: Request) -> tuple[Any, list[Fault] | Response]:
        """The value of the body, and what is wrong with it: its parts, or the whole of it."""
        # Clients send a content type with everything; what an operation does not read cannot be wrong.
        if not operation.bodies:
            return None, too_large(self._json_limit) if len(request.body) > self._json_limit else []
        sent = request.header("content-type") or ""
        kind = media_type(sent) or JSON
        limit = self._file_limit if kind == FORM and FORM in operation.bodies else self._json_limit
        if len(request.body) > limit:
            return None, too_large(limit)
        if not request.body and not operation.body_required:
            return None, []
        if kind not in operation.bodies:
            return None, unsupported_media_type(sent, list(operation.bodies))
        described, schema = operation.bodies[kind]
        try:
            value = read_form(request.body, sent, described) if kind == FORM else read_json(request.body)
        except MalformedBodyError as error:
            return None, malformed(str(error))
        # To the document a file is a string, and nothing it says of that string is about the bytes.
        plain = (
            {name: "" if isinstance(part, Upload) else part for name, part in value.items()} if kind == FORM else value
        )
        return value, schema.faults(plain)


def _bearer_token(request: Request) -> str | None:
    scheme, _, token = (request.header("authorization") or "").strip().partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None
