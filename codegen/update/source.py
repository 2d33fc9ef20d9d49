"""Where a model version's description comes from: a file, or the service."""

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
from ..document.yaml import load
from .errors import UpdateError
from .spec import VERSION, Spec

TOKEN_VARIABLE = "REPLICATE_API_TOKEN"
BASE_URL_VARIABLE = "ZEROSCOPE_BASE_URL"

# Where a file comes from, for messages.
ANSWER = "the answer to GET /v1/models/{owner}/{name}/versions/{id}"

_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]*")
_MODEL = re.compile(r"[0-9A-Za-z][\w.-]*/[0-9A-Za-z][\w.-]*", re.ASCII)
_TIMEOUT = httpx.Timeout(60.0, connect=10.0)

_REFUSALS = {
    401: f"the service does not accept the token in {TOKEN_VARIABLE} (401); check it in the account's settings",
    403: f"the token in {TOKEN_VARIABLE} may not read the model (403); take one that may",
    404: "the service has no such version of the model (404); check info.x-replicate, or name another version",
    429: "the service is asked too often (429); try again in a minute",
}


@dataclass(frozen=True)
class Version:
    """A model version, as far as it is known.

    Args:
        schema: Its `openapi_schema`.
        id: Its id; None where only the schema was given.
    """

    schema: Any
    id: str | None


def read_text(path: Path) -> str:
    """The text of a file, its line ends and all.

    Raises:
        UpdateError: If it cannot be read, is empty or not UTF-8.
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
        raise UpdateError(f"it cannot be read, {first_line(error)}; check its name and who may read it") from error
    if not text.strip():
        raise UpdateError("it is empty; check its name")
    return text


def parse_version(text: str) -> Version:
    """The version that a text describes, whole or by its schema alone, in JSON or YAML.

    Raises:
        UpdateError: If it describes none.
    """
    text = text.removeprefix("\ufeff")
    if text.lstrip().startswith("<"):
        raise UpdateError(f"it is a page for a browser and no schema; take {ANSWER}")
    try:
        found = _parsed(text)
    except ValueError as error:
        raise UpdateError(f"it is neither JSON nor YAML, {first_line(error)}; take {ANSWER}") from error
    if not isinstance(found, dict):
        raise UpdateError(f"it is no object; take {ANSWER}")
    if "openapi_schema" not in found:
        return Version(found, None)
    if not found["openapi_schema"]:
        raise UpdateError(
            "its openapi_schema is empty, so the service does not say what the version takes; take another"
        )
    return Version(found["openapi_schema"], check_id(found.get("id")))


def check_id(version: object) -> str:
    """The id of a version.

    Raises:
        UpdateError: If it cannot be one.
    """
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        raise UpdateError(f"{version!r:.80} cannot be the id of a version; it should be letters and digits")
    return version


def version_url(document: Spec, version: str | None, environment: Mapping[str, str]) -> str:
    """Where the service describes a version of the document's model.

    Args:
        document: The spec.
        version: The version's id; None for the document's own.
        environment: The environment variables, one of which may name another address.

    Raises:
        UpdateError: If the address, the model or the version cannot be used.
    """
    servers = document.get("servers")
    published = (
        servers[0].get("url") if isinstance(servers, list) and servers and isinstance(servers[0], dict) else None
    )
    base = environment.get(BASE_URL_VARIABLE) or published
    try:
        address = httpx.URL(str(base).strip())
    except (httpx.InvalidURL, ValueError) as error:
        raise UpdateError(f"the base URL cannot be used, {first_line(error)}; check {BASE_URL_VARIABLE}") from error
    good = address.scheme in {"http", "https"} and address.host and not (address.query or address.fragment)
    # A password in it would be printed with it.
    if not good or address.userinfo:
        raise UpdateError(f"the base URL cannot be used; check {BASE_URL_VARIABLE} and the spec's servers")
    model = document.get(*VERSION[:-1], "model")
    if not isinstance(model, str) or not _MODEL.fullmatch(model):
        raise UpdateError(f"info.x-replicate.model is {model!r:.80}; it should be an owner and a name, such as a/b")
    wanted = check_id(document.get(*VERSION) if version is None else version)
    return f"{str(address).rstrip('/')}/models/{model}/versions/{wanted}"


def fetch(
    url: str, environment: Mapping[str, str] = os.environ, transport: httpx.BaseTransport | None = None
) -> Version:
    """Read a version from the service.

    Args:
        url: Where the service describes it.
        environment: The environment variables, which hold the token.
        transport: What sends the request; the network when left out.

    Raises:
        UpdateError: If there is no token, or no description comes.
    """
    token = environment.get(TOKEN_VARIABLE, "").strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise UpdateError(f"there is no API token that could be sent; set {TOKEN_VARIABLE}, or give a file")
    try:
        with httpx.Client(transport=transport, timeout=_TIMEOUT, follow_redirects=False) as client:
            answer = client.get(url, headers={"Authorization": f"Bearer {token}", "Accept": "application/json"})
    except httpx.HTTPError as error:
        what = first_line(error)
        raise UpdateError(
            f"no answer came, {what}; check the network and {BASE_URL_VARIABLE}, or give a file"
        ) from error
    if answer.status_code != 200:
        other = f"the service answered {answer.status_code}; check {BASE_URL_VARIABLE}, try again later, or give a file"
        raise UpdateError(_REFUSALS.get(answer.status_code, other))
    try:
        found = parse_version(answer.content.decode())
    except UnicodeDecodeError as error:
        raise UpdateError(f"the answer is not UTF-8; check {BASE_URL_VARIABLE}, or give a file") from error
    if found.id != url.rpartition("/")[2]:
        raise UpdateError(f"the answer is not that version but {found.id}; check {BASE_URL_VARIABLE}, or give a file")
    return found


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except ValueError:
        return load(text)
