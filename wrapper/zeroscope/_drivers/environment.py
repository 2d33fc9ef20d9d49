"""HTTP clients for the environment: its proxies, its certificates, its mistakes."""

from __future__ import annotations

import copy
import importlib.util
import ipaddress
import os
import ssl
import threading
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast
from urllib.request import getproxies, proxy_bypass

import httpx

from .._config import MAX_PORT, Config
from .._text import excerpt
from ..errors import CertificateError, ConfigurationError

Http = TypeVar("Http", httpx.Client, httpx.AsyncClient)

# What httpx raises for a URL that is none, an unknown scheme, a missing package and a file that cannot be read.
_UNUSABLE = (httpx.InvalidURL, ImportError, ValueError, OSError)

# OpenSSL's own locks stay locked in a forked child, whose next TLS context would wait for ever, if a thread held them
# while it loaded certificates. So no process forks meanwhile. Reentrant, as a signal handler may fork.
_LOADING = threading.RLock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_LOADING.acquire, after_in_parent=_LOADING.release, after_in_child=_LOADING.release)


class SyncHttpClient(httpx.Client):
    """An HTTP client that uses the proxies of the environment, except for this machine."""

    def _transport_for_url(self, url: httpx.URL) -> httpx.BaseTransport:
        # The mounts of httpx, its public means, cannot name the 16 million loopback addresses.
        return self._transport if _is_loopback(url.host) else super()._transport_for_url(url)


class AsyncHttpClient(httpx.AsyncClient):
    """An async HTTP client that uses the proxies of the environment, except for this machine."""

    def _transport_for_url(self, url: httpx.URL) -> httpx.AsyncBaseTransport:
        return self._transport if _is_loopback(url.host) else super()._transport_for_url(url)


def create_http_client(cls: type[Http], config: Config) -> Http:
    """Create an HTTP client that uses the proxies and the certificates of the environment.

    Raises:
        ConfigurationError: If one of them cannot be used; the message names the variable.
    """
    try:
        for name, value in getproxies().items():
            if name in {"http", "https", "all"}:
                _check_port(value)
        with _LOADING:
            return cls(timeout=config.timeout)
    except _UNUSABLE as error:
        # Without the cause, which may quote a password.
        raise ConfigurationError(f"{_diagnosis(error)}; correct it, or pass http_client=") from None


def without_cookies(http: Any) -> Any:
    """Return an HTTP client with the same connections and hooks, but a jar of its own, without cookies."""
    if isinstance(http, httpx.Client | httpx.AsyncClient):
        same = copy.copy(http)
        same.cookies = httpx.Cookies()
        return same
    # An adapter of one of httpx2; any other class of the caller's is used as it is.
    return http.without_cookies() if hasattr(http, "without_cookies") else http


def explain(
    error: httpx.TransportError, url: httpx.URL, uses_environment: bool, cause: Exception | None = None
) -> Exception:
    """Return an error with what httpx does not say: that a certificate was refused, or which proxy failed."""
    problem = str(error) or type(error).__name__
    if _is_about_certificate(cause or error):
        return CertificateError(
            f"the certificate of {url.host} was not accepted: {problem}; if your network replaces certificates, name "
            "the file with its own in SSL_CERT_FILE"
        )
    proxy = _proxy(url) if uses_environment else None
    return error if proxy is None else with_text(error, f"{problem}, through the proxy that {proxy}")


def with_text(error: httpx.TransportError, text: str) -> httpx.TransportError:
    """Return an error of the same kind with another text."""
    # Not of a class of a caller's hook or transport, whose constructor may take other arguments. The module is httpx2
    # after `httpx2.alias_httpx()`.
    kind = next(cls for cls in type(error).__mro__ if cls.__module__ == httpx.__name__)
    return cast(httpx.TransportError, kind(text))


def is_from_proxy(response: httpx.Response) -> bool:
    """Whether a response is that of a proxy of the environment, which asks for a password."""
    return response.status_code == 407 and _proxy(response.request.url) is not None


def _is_loopback(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        name = host.removesuffix(".")
        return name == "localhost" or name.endswith(".localhost")
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


def _is_about_certificate(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    return error is not None


def _proxy(url: httpx.URL) -> str | None:
    """Return the variable that names the proxy for a URL and its value, for a message."""
    proxies = getproxies()
    value = proxies.get(url.scheme) or proxies.get("all")
    if not value or _is_loopback(url.host) or proxy_bypass(url.host):
        return None
    names = [name for name in os.environ if name.lower() in {f"{url.scheme}_proxy", "all_proxy"}]
    variable = next((name for name in names if os.environ[name] == value), "the system")
    return f"{variable} sets to {_without_password(value)}"


def _diagnosis(error: Exception) -> str:
    """Return which variable of the environment cannot be used, and why."""
    for name, value in os.environ.items():
        check = _PROXY_CHECKS.get(name.lower()) or _CHECKS.get(name)
        try:
            if value and check is not None:
                check(value)
        except _UNUSABLE as problem:
            shown = value if name in _CHECKS else _without_password(value)
            why = excerpt(str(problem), 300)
            return f"the environment variable {name} cannot be used: {excerpt(shown, 100)!r}: {why}"
    return f"the environment allows no HTTP client: {type(error).__name__}"


def _check_proxy(value: str) -> None:
    shown = _without_password(value)
    # Before the value itself, as the errors of httpx quote what they cannot read.
    for each in (shown, value):
        try:
            proxy = httpx.Proxy(each if "://" in each else f"http://{each}")
        except httpx.InvalidURL as error:
            reason = str(error) if each is shown else "percent-encode the special characters of its password"
            raise ValueError(reason) from None
        _check_port(value)
        if proxy.url.scheme.startswith("socks") and importlib.util.find_spec("socksio") is None:
            raise ImportError("a SOCKS proxy needs the package socksio; get it with: pip install 'httpx[socks]'")


def _check_port(value: str) -> None:
    # httpx passes any number on, and the system takes its last 16 bits, or the event loop fails.
    port = value.rpartition(":")[2].rstrip("/")
    if port.isdecimal() and int(port) > MAX_PORT:
        raise ValueError(f"there is no port {port}")


def _check_no_proxy(value: str) -> None:
    for host in filter(None, (part.strip() for part in value.split(","))):
        if host.startswith("["):
            raise ValueError(f"write {host} without brackets")
        try:
            httpx.URL(host if "://" in host else f"all://*{host}" if ":" not in host else f"all://[{host}]")
        except httpx.InvalidURL:
            raise ValueError(f"{host} is not a host, nor an address") from None


def _check_key_log(value: str) -> None:
    with open(value, "a"):
        pass


def _check_certificates(value: str) -> None:
    with _LOADING:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=value)


# Their names may be in lower case, too.
_PROXY_CHECKS: Mapping[str, Callable[[str], None]] = {
    "http_proxy": _check_proxy,
    "https_proxy": _check_proxy,
    "all_proxy": _check_proxy,
    "no_proxy": _check_no_proxy,
}
_CHECKS: Mapping[str, Callable[[str], None]] = {
    "SSLKEYLOGFILE": _check_key_log,
    "SSL_CERT_FILE": _check_certificates,
}


def _without_password(value: str) -> str:
    """The URL of a proxy without its user name and password, which may contain any character if they are mistyped."""
    scheme, separator, rest = value.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}" if separator else value.rpartition("@")[2]
