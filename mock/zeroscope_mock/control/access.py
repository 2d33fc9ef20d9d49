"""Decides which requests may control the server."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address

from ..bodies import media_type
from ..messages import Head, Request, Response
from ..problems import problem, unsupported_media_type
from ..settings import Settings

JSON = "application/json"

_OWN_PAGES = frozenset({None, "none", "same-origin"})


def refusal(request: Request, settings: Settings, *, page: bool = False) -> Response | None:
    """The refusal of a request that a web page makes in a user's browser; None for any other request.

    The server listens on the loopback interface, but a browser there runs the pages of strangers. A page can send
    requests to any address, though only of types that need no permission, and it can give an address a name of its own
    (DNS rebinding), by which the browser takes server and page for one.

    Args:
        request: The request.
        settings: The server's.
        page: Whether the request is for the server's own page, to which any other page may have a link.
    """
    head = request.head
    authorities = _authorities(head, settings)
    for authority in authorities:
        if not _is_admitted(authority, head, settings):
            return _foreign_host(authority)
    origin = head.header("origin")
    if origin is not None and _authority(origin) not in authorities:
        return _foreign_page(f"Origin is {origin!r}")
    site = head.header("sec-fetch-site")
    if site not in _OWN_PAGES and not (page and _is_navigation(head)):
        return _foreign_page(f"Sec-Fetch-Site is {site!r}")
    content_type = head.header("content-type") or ""
    if request.body and media_type(content_type) != JSON:
        return unsupported_media_type(content_type, [JSON])
    return None


def _is_navigation(head: Head) -> bool:
    """Whether a browser opens something in a window of its own, where the page that led there cannot read it."""
    return (head.header("sec-fetch-mode"), head.header("sec-fetch-dest")) == ("navigate", "document")


def _authorities(head: Head, settings: Settings) -> set[str]:
    """Host and port by which the client reaches the server, and by which a trusted proxy does."""
    authorities = {(head.header("host") or head.host).strip().lower()}
    if settings.trust_forwarded:
        authorities.add(_authority(head.forwarded_base_url))
    return authorities


def _authority(url: str) -> str:
    # Not urlsplit, which raises for some of what a client may send.
    return url.partition("://")[2].partition("/")[0].lower()


def _is_admitted(authority: str, head: Head, settings: Settings) -> bool:
    name = _host_name(authority)
    admitted = {_host_name(head.host), *map(_host_name, settings.allow_hosts)}
    return name in admitted or name == "localhost" or name.endswith(".localhost") or _is_this_machine(name)


def _host_name(authority: str) -> str:
    """The name or address in an authority, in lower case, without the port."""
    if authority.startswith("["):
        name = authority[1:].partition("]")[0]
    else:
        name = authority if authority.count(":") > 1 else authority.partition(":")[0]
    return name.lower().removesuffix(".")


def _is_this_machine(name: str) -> bool:
    """Whether a name is an address of the loopback interface, or the one that means this machine."""
    try:
        address = ip_address(name)
    except ValueError:
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped.is_loopback
    return address.is_loopback or address.is_unspecified


def _foreign_host(authority: str) -> Response:
    name = _host_name(authority)
    return problem(
        403,
        f"The Host {authority!r} is neither this machine nor the address that the server listens on, so a web page may "
        f"have made it up. If it is a name of this server, admit it: zeroscope mock --allow-host {name}, or "
        f"MockServer(allow_hosts=[{name!r}]).",
        title="Forbidden",
    )


def _foreign_page(reason: str) -> Response:
    return problem(
        403,
        f"A web page of another origin may not control the server: {reason}. Send the request from a program, or from "
        "a page of the server's own origin.",
        title="Forbidden",
    )
