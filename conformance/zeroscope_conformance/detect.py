"""Detection of a server's base URL, dialect and description of a model."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from zeroscope_mock.cog import ModelFileError, VersionFile, read_version
from zeroscope_mock.journal.redaction import Redactor

from .document import PROBLEM_JSON, Document
from .exchange import excerpt
from .model_document import model_document
from .rules import DialectName

WRONG_TOKEN = "an-unknown-token"
"""A token that no account has."""

UNKNOWN_ID = "zeroscope0conformance0unknown"
"""An id in the service's format that no prediction has."""


class NotThisAPIError(Exception):
    """The server cannot be reached, is not one of this API, does not accept the token, or lacks the model."""


def reject_url(url: str) -> str | None:
    """Return why a URL cannot be that of a server; None if it can."""
    if "@" in url:
        # What comes before it must not be shown.
        return "the URL of the server cannot be used: it has a user name or password in it; set REPLICATE_API_TOKEN"
    try:
        parts = urlsplit(url)
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    return None if valid else f"{url!r} is not the URL of a server; pass one such as http://127.0.0.1:8000"


def detect_base_url(client: httpx.Client, url: str, token: str, document: Document) -> str:
    """Return the base URL of the API.

    Args:
        client: The client that sends the requests.
        url: The URL of the server. If it has no path, the paths of the document's servers are tried.
        token: The token.
        document: The document that describes the API.

    Raises:
        NotThisAPIError: If the API is at none of these URLs.
    """
    if reason := reject_url(url):
        raise NotThisAPIError(reason)
    parts = urlsplit(url)
    prefixes = [""] if parts.path.strip("/") else [urlsplit(server["url"]).path for server in document.raw["servers"]]
    seen: list[str] = []
    refused: str | None = None
    for prefix in dict.fromkeys(prefix.rstrip("/") for prefix in prefixes):
        base = url.rstrip("/") + prefix
        list_path = document.operations["listPredictions"].path
        for path in (list_path, document.operations["getPrediction"].path_for(UNKNOWN_ID)):
            response = _get(client, base + path, token)
            media_type = response.headers.get("content-type", "").partition(";")[0].strip()
            is_problem = media_type == PROBLEM_JSON
            if response.status_code == 401 and is_problem:
                refused = f"{base} does not accept the token"
            elif _is_page(response) or (path != list_path and is_problem and response.status_code >= 400):
                return base
            start = excerpt(Redactor((), (token,)).url(response.text), 80)
            content_type = media_type or "without a content type"
            seen.append(f"GET {base}{path} returned {response.status_code} {content_type}: {start}")
            if response.status_code == 404:
                break
    if refused:
        raise NotThisAPIError(f"{refused}; set REPLICATE_API_TOKEN to one that it accepts")
    raise NotThisAPIError("\n  ".join([f"{url} does not look like this API:", *seen]))


def detect_dialect(client: httpx.Client, base_url: str, token: str, document: Document) -> DialectName:
    """Return the dialect of a server's response to a create, and cancel the prediction at once.

    Args:
        client: The client that sends the requests.
        base_url: The base URL of the API.
        document: The document that describes the API.
    """
    headers = {"authorization": f"Bearer {token}"}
    create, cancel = document.operations["createPrediction"], document.operations["cancelPrediction"]
    try:
        body = document.body(document.required_input)
        created = client.post(base_url + create.path, headers=headers, json=body).json()
        is_array = isinstance(created, list)
        id = (created[0] if is_array else created)["id"]
        client.post(base_url + cancel.path_for(str(id)), headers=headers)
    except (httpx.HTTPError, ValueError, LookupError, TypeError):
        # The checks of the run report what is wrong with it.
        return "live"
    return "published" if is_array else "live"


def detect_model(
    client: httpx.Client, base_url: str, token: str, document: Document, model: str, version: VersionFile | None
) -> Document:
    """Return the document of a model.

    Args:
        client: The client that sends the requests.
        base_url: The base URL of the API.
        document: The document of the API.
        model: The model as `owner/name`, or one version of it as `owner/name:id`.
        version: The version that describes the model; None for the one that the server describes.

    Raises:
        NotThisAPIError: If the server has to describe the model, but does not.
    """
    name, _, id = model.partition(":")
    if version is not None:
        described = _get(client, f"{base_url}/models/{quote(name)}/versions/{quote(version.id)}", token)
        # A file may hold a schema alone, whose version has another id on the server.
        return model_document(document, name, version, hidden=described.status_code != httpx.codes.OK)
    url = f"{base_url}/models/{quote(name)}" + (f"/versions/{quote(id)}" if id else "")
    response = _get(client, url, token)
    values: Any = _json(response) if response.status_code == httpx.codes.OK else None
    if not id:
        values = values.get("latest_version") if isinstance(values, dict) else None
    if not isinstance(values, dict):
        seen = f"{response.status_code} {excerpt(Redactor((), (token,)).url(response.text), 80)}"
        raise NotThisAPIError(f"{url} describes no version of the model, but returned {seen}; pass {name}=FILE")
    try:
        return model_document(document, name, read_version(values))
    except ModelFileError as error:
        raise NotThisAPIError(f"{url} describes no version of the model: {error}; pass {name}=FILE") from error


def _get(client: httpx.Client, url: str, token: str) -> httpx.Response:
    try:
        return client.get(url, headers={"authorization": f"Bearer {token}"})
    except httpx.HTTPError as error:
        raise NotThisAPIError(f"{url} cannot be reached: {str(error) or type(error).__name__}") from error


def _json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def _is_page(response: httpx.Response) -> bool:
    page = _json(response)
    return response.status_code == 200 and isinstance(page, dict) and isinstance(page.get("results"), list)
