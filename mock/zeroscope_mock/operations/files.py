"""The operations on uploaded files."""

from __future__ import annotations

import base64
import hmac
from typing import Any

from ..bodies import Upload
from ..lifecycle.record import RETENTION
from ..messages import Response, json_response
from ..problems import not_found, too_large
from ..randomness import new_id
from ..state import State
from ..store import StoredFile
from ..times import timestamp
from .calls import Handler, OperationCall
from .paging import list_response
from .ranges import range_response


class Files:
    """Stores, lists, serves and deletes files."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.handlers: dict[str, Handler] = {
            "createFile": self._create,
            "deleteFile": self._delete,
            "downloadFile": self._download,
            "getFile": self._get,
            "listFiles": self._list,
        }

    def _create(self, call: OperationCall) -> Response:
        upload: Upload = call.body["content"]
        most = self._state.spec.file_bytes
        if most is not None and len(upload.content) > most:
            return too_large(int(most), "file")
        tenant = self._state.store.of_tenant(call.tenant)
        now = self._state.clock.time()
        file = StoredFile(
            id=new_id(self._state.random_bytes("file", call.tenant, tenant.uploads)),
            tenant=call.tenant,
            name=call.body.get("filename") or upload.filename or "file",
            content_type=_printable(call.body.get("type") or upload.content_type) or "application/octet-stream",
            content=upload.content,
            metadata=call.body.get("metadata", {}),
            created=now,
            expires=now + (self._state.spec.file_retention or RETENTION),
            number=tenant.uploads,
        )
        tenant.uploads += 1
        self._state.store.add_file(file)
        return json_response(201, self._json(file, call))

    def _list(self, call: OperationCall) -> Response:
        return list_response(
            self._state,
            call,
            "listFiles",
            self._state.store.files(self._state.clock.time(), call.tenant),
            lambda file: (file.created, file.number),
            lambda file: self._json(file, call),
        )

    def _get(self, call: OperationCall) -> Response:
        file = self._find(call, call.tenant)
        return json_response(200, self._json(file, call)) if file else not_found(_named(call))

    def _delete(self, call: OperationCall) -> Response:
        file = self._find(call, call.tenant)
        if file is None:
            return not_found(_named(call))
        self._state.store.remove_file(file.id)
        return Response(204, (), b"")

    def _download(self, call: OperationCall) -> Response:
        file = self._find(call)
        if file is None or not self._is_signed(call, file):
            return not_found(_named(call), "the URL has expired or is not signed for it")
        return range_response(call.request.head, file.content, file.content_type)

    def _is_signed(self, call: OperationCall, file: StoredFile) -> bool:
        owner, expiry = call.arguments["owner"], int(call.arguments["expiry"])
        if owner != self._state.account(file.tenant) or expiry <= self._state.clock.time():
            return False
        signature = download_signature(self._state.secret(file.tenant), owner, file.id, expiry)
        return hmac.compare_digest(signature.encode(), call.arguments["signature"].encode("utf-8", "replace"))

    def _find(self, call: OperationCall, tenant: str | None = None) -> StoredFile | None:
        return self._state.store.file(call.arguments["file_id"], self._state.clock.time(), tenant)

    def _json(self, file: StoredFile, call: OperationCall) -> dict[str, Any]:
        return {
            "id": file.id,
            "name": file.name,
            "content_type": file.content_type,
            "size": len(file.content),
            "etag": file.checksums["md5"],
            "checksums": file.checksums,
            "metadata": file.metadata,
            "created_at": timestamp(file.created),
            "expires_at": timestamp(file.expires),
            "urls": {"get": self._state.links(self._state.base_url(call.request.head), call.prefix).file(file.id)},
        }


def download_signature(secret: str, owner: str, file_id: str, expiry: int) -> str:
    """The signature in the URL of a download.

    Args:
        secret: The text of the account's secret.
        owner: The user name of the account.
        expiry: When the URL ends, in seconds since 1970.
    """
    signed = f"{owner} {file_id} {expiry}".encode()
    return base64.b64encode(hmac.digest(secret.encode(), signed, "sha256")).decode()


def _printable(content_type: str | None) -> str:
    """A content type without the characters that a header cannot have."""
    return "".join(letter for letter in content_type or "" if " " <= letter <= "~").strip()


def _named(call: OperationCall) -> str:
    return f"file {call.arguments['file_id']!r}"
