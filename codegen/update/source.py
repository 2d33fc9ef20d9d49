"""Reads a model version from a file or from the service."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from ..document.errors import first_line
from ..document.values import depth
from ..document.yaml import MAX_DEPTH, load
from .errors import UpdateError
from .spec import VERSION, Spec

TOKEN_VARIABLE = "REPLICATE_API_TOKEN"
BASE_URL_VARIABLE = "ZEROSCOPE_BASE_URL"

# The source of a file, for messages.
RESPONSE = "the response to GET /v1/models/{owner}/{name}/versions/{id}"

_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]*")
_MODEL = re.compile(r"[0-9A-Za-z][\w.-]*/[0-9A-Za-z][\w.-]*", re.ASCII)
_TIMEOUT = httpx.Timeout(60.0, connect=10.0)

_ERRORS = {
    401: f"the service does not accept the token in {TOKEN_VARIABLE} (401); check it in the account's settings",
    403: f"the token in {TOKEN_VARIABLE} may not read the model (403); use one that may",
    404: "the service has no such version of the model (404); check info.x-replicate, or name another version",
    429: "the service received too many requests (429); try again in a minute",
}


@dataclass(frozen=True)
class ModelVersion:
    """A model version.

    Args:
        schema: Its `openapi_schema`.
        id: Its ID; None if only the schema is known.
    """

    schema: Any
    id: str | None


def read_text(path: Path) -> str:
    """Read the text of a file, without converting line ends.

    Raises:
        UpdateError: If the file cannot be read, is empty or is not UTF-8.
    """
    try:
        text = path.read_bytes().decode()
    except FileNotFoundError as error:
        raise UpdateError("there is no such file; check its name") from error
    except IsADirectoryError as error:
        raise UpdateError("it is a folder; name a file in it") from error
    except UnicodeDecodeError as error:
        raise UpdateError("it is not UTF-8; save it as UTF-8") from error
    except (OSError, ValueError) as error:
        raise UpdateError(f"it cannot be read, {first_line(error)}; check its name and permissions") from error
    if not text.strip():
        raise UpdateError("it is empty; check its name")
    return text


def parse_version(text: str) -> ModelVersion:
    """Parse a model version, or its `openapi_schema` alone, from JSON or YAML.

    Raises:
        UpdateError: If the text holds neither.
    """
    text = text.removeprefix("\ufeff")
    if text.lstrip().startswith("<"):
        raise UpdateError(f"it is a web page, not a schema; use {RESPONSE}")
    try:
        found = _parsed(text)
    except ValueError as error:
        raise UpdateError(f"it is neither JSON nor YAML, {first_line(error)}; use {RESPONSE}") from error
    if not isinstance(found, dict):
        raise UpdateError(f"it is not an object; use {RESPONSE}")
    if "openapi_schema" not in found:
        return ModelVersion(found, None)
    if not found["openapi_schema"]:
        raise UpdateError(
            "its openapi_schema is empty, so the service does not describe its input; use another version"
        )
    return ModelVersion(found["openapi_schema"], check_version_id(found.get("id")))


def check_version_id(version: object) -> str:
    """Return the ID of a version.

    Raises:
        UpdateError: If the service cannot have such an ID.
    """
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        raise UpdateError(f"{version!r:.80} cannot be the ID of a version; an ID has letters and digits")
    return version


def version_url(spec: Spec, version: str | None, environment: Mapping[str, str]) -> str:
    """Return the URL at which the service describes a version of the model.

    Args:
        spec: The spec, which names the model.
        version: The ID of the version; None for the one in the spec.
        environment: The environment variables, one of which may hold another base URL.

    Raises:
        UpdateError: If the base URL, the model or the version cannot be used.
    """
    servers = spec.get("servers")
    published = (
        servers[0].get("url") if isinstance(servers, list) and servers and isinstance(servers[0], dict) else None
    )
    base = environment.get(BASE_URL_VARIABLE) or published
    try:
        base_url = httpx.URL(str(base).strip())
    except (httpx.InvalidURL, ValueError) as error:
        raise UpdateError(f"the base URL cannot be used, {first_line(error)}; check {BASE_URL_VARIABLE}") from error
    good = base_url.scheme in {"http", "https"} and base_url.host and not (base_url.query or base_url.fragment)
    # A message would print the password in it.
    if not good or base_url.userinfo:
        raise UpdateError(f"the base URL cannot be used; check {BASE_URL_VARIABLE} and the spec's servers")
    model = spec.get(*VERSION[:-1], "model")
    if not isinstance(model, str) or not _MODEL.fullmatch(model):
        raise UpdateError(f"info.x-replicate.model is {model!r:.80}; it must be an owner and a name, such as a/b")
    wanted = check_version_id(spec.get(*VERSION) if version is None else version)
    return f"{str(base_url).rstrip('/')}/models/{model}/versions/{wanted}"


def fetch_version(
    url: str, environment: Mapping[str, str] = os.environ, transport: httpx.BaseTransport | None = None
) -> ModelVersion:
    """Fetch a version from the service.

    Args:
        url: The URL of the version.
        environment: The environment variables, which hold the token.
        transport: The transport of the request; the network if left out.

    Raises:
        UpdateError: If there is no token, or the response does not describe the version.
    """
    token = environment.get(TOKEN_VARIABLE, "").strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise UpdateError(f"there is no usable API token; set {TOKEN_VARIABLE}, or give a file")
    try:
        with httpx.Client(transport=transport, timeout=_TIMEOUT, follow_redirects=False) as client:
            response = client.get(url, headers={"Authorization": f"Bearer {token}", "Accept": "application/json"})
    except httpx.HTTPError as error:
        what = first_line(error)
        raise UpdateError(
            f"there was no response, {what}; check the network and {BASE_URL_VARIABLE}, or give a file"
        ) from error
    if response.status_code != 200:
        advice = f"check {BASE_URL_VARIABLE}, try again later, or give a file"
        other = f"the service responded with {response.status_code}; {advice}"
        raise UpdateError(_ERRORS.get(response.status_code, other))
    try:
        found = parse_version(response.content.decode())
    except UnicodeDecodeError as error:
        raise UpdateError(f"the response is not UTF-8; check {BASE_URL_VARIABLE}, or give a file") from error
    if found.id != url.rpartition("/")[2]:
        raise UpdateError(f"the response is not that version but {found.id}; check {BASE_URL_VARIABLE}, or give a file")
    return found


def _parsed(text: str) -> Any:
    try:
        found = json.loads(text, object_pairs_hook=_unique)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except json.JSONDecodeError:
        return load(text)
    if depth(found) > MAX_DEPTH:
        raise ValueError(f"values are nested more than {MAX_DEPTH} levels deep")
    return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object, whose keys must differ, as `load` demands it of YAML."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key {key!r:.80} appears twice")
        found[key] = value
    return found
