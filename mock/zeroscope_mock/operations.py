"""What each operation of the document does, by its `operationId`."""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import quote

from .bodies import Upload
from .clock import Clock
from .lifecycle import RETENTION, Record, describe, standing, timestamp
from .messages import Request, Response, json_response
from .outputs import Outputs
from .problems import Fault, invalid, invalid_version, not_found
from .prompts import steer
from .script import ModelInput, write_script
from .spec import Spec
from .store import Store, StoredFile

_VERSION = re.compile(r"[0-9a-f]{64}")
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?")
_MOST_DIGITS = 12
_OUTPUT = re.compile(r"/outputs/([a-z2-7]{26})/output-(0|[1-9][0-9]{0,6})\.mp4")
_DOWNLOAD = re.compile(r"/files/([a-z2-7]{26})/download")
_ID_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


@dataclass(frozen=True, slots=True)
class Call:
    """One request, found to be in order.

    Args:
        request: the request.
        base: scheme, host and prefix under which it came, for the addresses in the answer.
        tenant: whose token it bears.
        arguments: its parameters by name; None for those not sent.
        body: the value of its body.
    """

    request: Request
    base: str
    tenant: str
    arguments: Mapping[str, Any]
    body: Any


class Operations:
    """The operations of one server and what they work on.

    Args:
        spec: the document.
        store: holds predictions and files.
        outputs: makes videos.
        clock: tells the time.
        seed: decides ids, seeds and timings.
    """

    def __init__(self, spec: Spec, store: Store, outputs: Outputs, clock: Clock, seed: int) -> None:
        self._spec = spec
        self._store = store
        self._outputs = outputs
        self._clock = clock
        self._seed = seed
        self.handlers: dict[str, Callable[[Call], Response]] = {
            "cancelPrediction": self._cancel_prediction,
            "createFile": self._create_file,
            "createPrediction": self._create_prediction,
            "getDefaultWebhookSecret": self._get_default_webhook_secret,
            "getPrediction": self._get_prediction,
            "listPredictions": self._list_predictions,
        }

    def download(self, request: Request) -> Response | None:
        """A video or an uploaded file, neither of which needs a token; None for any other address."""
        now = self._clock.time()
        if found := _OUTPUT.fullmatch(request.path):
            record, index = self._store.prediction(found[1]), int(found[2])
            if record is None or not standing(record, now).succeeded or index >= record.script.outputs:
                return not_found()
            wanted = ModelInput.read(record.input, self._spec.input_defaults)
            video = self._outputs.video(record.id, index, wanted, record.script.seed)
            return Response(200, (("content-type", "video/mp4"),), video)
        for prefix in self._spec.prefixes:
            if found := _DOWNLOAD.fullmatch(request.path.removeprefix(prefix)):
                file = self._store.file(found[1], now)
                return Response(200, (("content-type", file.content_type),), file.content) if file else not_found()
        return None

    def _list_predictions(self, call: Call) -> Response:
        page = self._store.page(call.tenant, call.arguments.get("cursor") or None)
        if page is None:
            return invalid([Fault("invalid_cursor", "cursor", "Invalid cursor")])

        def address(cursor: str | None) -> str | None:
            return None if cursor is None else f"{call.base}/predictions?cursor={quote(cursor)}"

        now = self._clock.time()
        results = [self._describe(record, call, now) for record in page.records]
        return json_response(200, {"next": address(page.next), "previous": address(page.previous), "results": results})

    def _create_prediction(self, call: Call) -> Response:
        lifetime = _seconds(call.arguments.get("Cancel-After"))
        version, sent = str(call.body.get("version")), call.body.get("input", {})
        if not _VERSION.fullmatch(version):
            return invalid_version()
        number = len(self._store.tenant(call.tenant).predictions)
        random = self._random("prediction", call.tenant, number)
        wanted = ModelInput.read(sent, self._spec.input_defaults)
        record = Record(
            id=_new_id(random),
            tenant=call.tenant,
            number=number,
            created=self._clock.time(),
            version=version,
            input=sent,
            script=steer(wanted.prompt, write_script(wanted, random)),
            webhook=call.body.get("webhook"),
            lifetime=lifetime,
        )
        self._store.add(record)
        return json_response(201, self._describe(record, call, record.created))

    def _get_prediction(self, call: Call) -> Response:
        record = self._store.prediction(call.arguments["prediction_id"], call.tenant)
        return json_response(200, self._describe(record, call, self._clock.time())) if record else not_found()

    def _cancel_prediction(self, call: Call) -> Response:
        record = self._store.prediction(call.arguments["prediction_id"], call.tenant)
        if record is None:
            return not_found()
        now = self._clock.time()
        if standing(record, now).ended is None:
            record.canceled = now
        return json_response(200, self._describe(record, call, now))

    def _create_file(self, call: Call) -> Response:
        upload: Upload = call.body["content"]
        tenant = self._store.tenant(call.tenant)
        now = self._clock.time()
        file = StoredFile(
            id=_new_id(self._random("file", call.tenant, tenant.uploads)),
            name=call.body.get("filename") or upload.filename or "file",
            content_type=_printable(call.body.get("type") or upload.content_type) or "application/octet-stream",
            content=upload.content,
            metadata=call.body.get("metadata", {}),
            created=now,
            expires=now + RETENTION,
        )
        tenant.uploads += 1
        self._store.add_file(file)
        digest = hashlib.sha256(file.content).hexdigest()
        body = {
            "id": file.id,
            "name": file.name,
            "content_type": file.content_type,
            "size": len(file.content),
            "etag": digest[:32],
            "checksums": {"sha256": digest},
            "metadata": file.metadata,
            "created_at": timestamp(file.created),
            "expires_at": timestamp(file.expires),
            "urls": {"get": f"{call.base}/files/{file.id}/download"},
        }
        return json_response(201, body)

    def _get_default_webhook_secret(self, call: Call) -> Response:
        key = base64.b64encode(self._random("secret", call.tenant, 0).randbytes(24)).decode()
        return json_response(200, {"key": f"whsec_{key}"})

    def _describe(self, record: Record, call: Call, now: float) -> dict[str, Any]:
        return describe(record, now, base=call.base, origin=call.request.origin, model=self._spec.model)

    def _random(self, purpose: str, tenant: str, number: int) -> Random:
        """The dice for one thing, the same in every run and for each tenant, whatever the others do meanwhile."""
        return Random(f"{self._seed}:{purpose}:{tenant}:{number}")


def _new_id(random: Random) -> str:
    return "".join(random.choices(_ID_LETTERS, k=26))


def _seconds(duration: str | None) -> float | None:
    """The length of a duration such as `1h30m45s` or `90`, of which the document has checked the form."""
    if duration is None:
        return None
    found = _DURATION.fullmatch(duration)
    parts = found.groups("0") if found else ("0", "0", "0")
    if any(len(part.lstrip("0")) > _MOST_DIGITS for part in parts):
        return math.inf
    hours, minutes, seconds = (int(part[-_MOST_DIGITS:]) for part in parts)
    return float(hours * 3600 + minutes * 60 + seconds)


def _printable(content_type: str | None) -> str:
    """A content type as far as it can be sent in a header."""
    return "".join(letter for letter in content_type or "" if " " <= letter <= "~").strip()
