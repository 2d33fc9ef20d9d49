"""Saves a version of a model, as the service returns it, in a file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from zeroscope import Zeroscope
from zeroscope._constants import TOKEN_VARIABLE
from zeroscope._disk.part_file import PartFile
from zeroscope._flows.request import Request
from zeroscope._service.api import Response
from zeroscope._steps import Call
from zeroscope.cli.errors import SERVICE, CommandError
from zeroscope.errors import AuthenticationError, MalformedResponseError, NotFoundError

from ..cog import ModelFileError, VersionFile, is_model_name, read_version
from ..documents.bundled import load_spec

_VERSION_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class SavedModel(NamedTuple):
    """A version that was saved."""

    model: str
    version_id: str
    path: Path


def save_model(reference: str, folder: Path | None) -> SavedModel:
    """Fetch a version of a model with the token of the environment, and save it in place of an older file.

    Args:
        reference: The model as `owner/name`, whose latest version is saved, or `owner/name:id`.
        folder: The folder, which is made if it does not exist; the current one if left out.

    Raises:
        CommandError: For a reference in another form, and if the service has no such version.
        ZeroscopeError: If there is no token, or the service cannot be reached or answers with another error.
        OSError: If the file cannot be written.
    """
    model, colon, version_id = reference.partition(":")
    if not is_model_name(model) or (colon and not _VERSION_ID.fullmatch(version_id)):
        raise CommandError(f"--save-model {reference!r:.200} does not name a model: --save-model owner/name[:version]")
    file = _fetch(model, version_id)
    folder = folder or Path()
    folder.mkdir(parents=True, exist_ok=True)
    part = PartFile(folder / f"{model.replace('/', '__')}.json", overwrite=True)
    try:
        part.write(orjson.dumps(file.values, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
        path = part.commit()
    finally:
        part.discard()
    return SavedModel(model, file.id, path)


def _fetch(model: str, version_id: str) -> VersionFile:
    """A version of a model at the service, or the latest one if its id is empty."""
    owner, _, name = model.partition("/")
    spec = load_spec(None)
    values: Any
    try:
        if version_id:
            values = _get(spec.path("getModelVersion", owner=owner, name=name, version_id=version_id))
        else:
            values = _get(spec.path("getModel", owner=owner, name=name)).get("latest_version")
    except AuthenticationError as error:
        message = f"the service does not accept the token in {TOKEN_VARIABLE}; check it in the account's settings"
        raise CommandError(message, SERVICE) from error
    except NotFoundError as error:
        missing = f"version {version_id} of {model}" if version_id else f"model {model}"
        raise CommandError(f"the service has no {missing}, or the token may not see it", SERVICE) from error
    if values is None:
        raise CommandError(f"the service shows no version of {model}; name one: --save-model {model}:ID", SERVICE)
    try:
        file = read_version(values if isinstance(values, Mapping) else {})
    except ModelFileError as error:
        raise CommandError(f"what the service returned for {model} is no version: {error}", SERVICE) from error
    if version_id not in ("", file.id):
        raise CommandError(f"the service returned another version of {model}, {file.id}", SERVICE)
    return file


def _get(path: str) -> Mapping[str, Any]:
    """The JSON object that the service has at a path, fetched as the client fetches predictions."""
    call = Call(_Endpoint, {"path": path}, f"GET {path}")
    with Zeroscope() as client:
        parser = client._sender.parser

        def parse(call: Call, response: Response[Any]) -> Mapping[str, Any]:
            if isinstance(response.parsed, dict):
                return response.parsed
            body = parser.redact(response.content.decode("utf-8", "replace"))
            status = response.status_code
            raise MalformedResponseError(request=call.name, status_code=status, body=body, reason="not a JSON object")

        values: Mapping[str, Any] = client._driver.run(client._sender.send_repeatable(Request(call, parse)))
    return values


class _Endpoint:
    """The endpoint of any path, in place of a module of the generated client, which knows none of models."""

    @staticmethod
    def sync_detailed(path: str, *, client: Any) -> Response[Any]:
        """Get the JSON at a path."""
        response = client.request({"method": "get", "url": path})
        try:
            parsed = orjson.loads(response.content)
        except orjson.JSONDecodeError:
            parsed = None
        return Response(
            status_code=response.status_code, content=response.content, headers=response.headers, parsed=parsed
        )
