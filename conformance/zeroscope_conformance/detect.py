"""Whether a server is one of this API at all, where it begins, and how it speaks."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx

from .checks import PROBLEM
from .document import Document
from .exchange import excerpt
from .rules import DialectName

UNKNOWN = "zeroscope0conformance0unknown"


class NotThisAPIError(Exception):
    """What answers is not this API, or nothing answers, or it does not take the token."""


def find(client: httpx.Client, url: str, token: str, document: Document) -> str:
    """Where the API begins.

    Args:
        client: sends the requests.
        url: an address as a person gives it; without a path, the prefixes of the document's servers are tried.
        token: the token.
        document: what the API should be.

    Raises:
        NotThisAPIError: if it is nowhere there.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise NotThisAPIError(f"{url!r} is no address of a server; give one such as http://127.0.0.1:8000")
    prefixes = [""] if parts.path.strip("/") else [urlsplit(server["url"]).path for server in document.raw["servers"]]
    seen: list[str] = []
    refused: str | None = None
    for prefix in dict.fromkeys(prefix.rstrip("/") for prefix in prefixes):
        base = url.rstrip("/") + prefix
        listed = document.operations["listPredictions"].path
        for path in (listed, document.operations["getPrediction"].fill(UNKNOWN)):
            try:
                response = client.get(base + path, headers={"authorization": f"Bearer {token}"})
            except httpx.HTTPError as error:
                raise NotThisAPIError(
                    f"{base}{path} cannot be reached: {str(error) or type(error).__name__}"
                ) from error
            kind = response.headers.get("content-type", "").partition(";")[0].strip()
            if response.status_code == 401 and kind == PROBLEM:
                refused = f"{base} does not accept the token"
            elif _is_page(response) or (path != listed and kind == PROBLEM and response.status_code >= 400):
                return base
            shown = excerpt(response.text, 80)
            seen.append(f"GET {base}{path} answers {response.status_code} {kind or 'without a content type'}: {shown}")
            if response.status_code == 404:
                break
    if refused:
        raise NotThisAPIError(f"{refused}; set REPLICATE_API_TOKEN to one that it accepts")
    raise NotThisAPIError(f"{url} does not look like this API. " + "\n  ".join(["It was seen that", *seen]))


def dialect_of(client: httpx.Client, base_url: str, token: str, document: Document) -> DialectName:
    """How a server speaks, told by its answer to a create; the prediction is canceled at once."""
    bearer = {"authorization": f"Bearer {token}"}
    create, cancel = document.operations["createPrediction"], document.operations["cancelPrediction"]
    try:
        body = document.body(document.required_input)
        answer = client.post(base_url + create.path, headers=bearer, json=body).json()
        listed = isinstance(answer, list)
        id = (answer[0] if listed else answer)["id"]
        client.post(base_url + cancel.fill(str(id)), headers=bearer)
    except (httpx.HTTPError, ValueError, LookupError, TypeError):
        # What is wrong with it is for the rules to say.
        return "live"
    return "published" if listed else "live"


def _is_page(response: httpx.Response) -> bool:
    try:
        page = response.json()
    except ValueError:
        return False
    return response.status_code == 200 and isinstance(page, dict) and isinstance(page.get("results"), list)
