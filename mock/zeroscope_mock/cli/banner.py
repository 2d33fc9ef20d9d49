"""The banner of `zeroscope mock`: how programs and people reach the server."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

ANY_TOKEN = "mock-token"
"""The token that the banner shows where the server accepts any."""

_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}


def banner(url: str, served: str, *, control: bool, own_token: bool) -> Iterator[str]:
    """The lines of the banner.

    Args:
        url: The server's URL.
        served: The models besides that of the document, in words; empty for none.
        control: Whether the server has its page.
        own_token: Whether it accepts only a token of its own, which the banner does not show.
    """
    url = reachable(url)
    if served:
        yield f"serving {served}"
    if control:
        yield f"page: {url}/_mock/ui/"
    yield ""
    yield "The mock server behaves like the service, needs no account, and bills nothing. Point clients at it:"
    yield ""
    token = (f"export REPLICATE_API_TOKEN={ANY_TOKEN}", "# any token will do")
    lines = [
        ("# REPLICATE_API_TOKEN: the token of --token", "") if own_token else token,
        (f"export REPLICATE_BASE_URL={url}", "# replicate for Python"),
        (f"export ZEROSCOPE_BASE_URL={url}/v1", "# zeroscope"),
        (f'new Replicate({{ baseUrl: "{url}/v1" }})', "// replicate for JavaScript, which reads no variable"),
    ]
    width = max(len(line) for line, _ in lines)
    for line, comment in lines:
        yield f"{line:{width}}  {comment}".rstrip()


def reachable(url: str) -> str:
    """A URL by which this machine reaches a server that listens on all its addresses, or else the URL itself."""
    parts = urlsplit(url)
    host = _WILDCARDS.get(parts.hostname or "")
    return url if host is None else f"{parts.scheme}://{host}:{parts.port}"
