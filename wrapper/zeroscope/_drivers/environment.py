"""HTTP clients for the environment: its proxies, its certificates, its mistakes."""

from __future__ import annotations

import importlib.util
import ipaddress
import os
import re
import ssl
from collections.abc import Callable, Mapping
from typing import TypeVar
from urllib.request import getproxies, proxy_bypass

import httpx

from .._config import Config
from ..errors import CertificateError, ConfigurationError, excerpt

Http = TypeVar("Http", httpx.Client, httpx.AsyncClient)

# No proxy leads to the loopback interface, whatever the environment says.
_LOOPBACK = ("localhost", "*.localhost", "127.0.0.1", "[::1]")
# What httpx raises for a URL that is none, an unknown scheme, a missing package and a file that cannot be read.
_UNUSABLE = (httpx.InvalidURL, ImportError, ValueError, OSError)
_USERINFO = re.compile(r"//[^/@]*@")


def create_http_client(cls: type[Http], config: Config) -> Http:
    """Create an HTTP client that uses the proxies and the certificates of the environment.

    Raises:
        ConfigurationError: If one of them cannot be used; the message names the variable.
    """
    host = httpx.URL(config.base_url).host
    hosts = [*_LOOPBACK, host] if _is_loopback(host) else _LOOPBACK
    try:
        return cls(timeout=config.timeout, mounts={f"all://{host}": None for host in hosts})
    except _UNUSABLE as error:
        raise ConfigurationError(f"{_diagnosis(error)}; correct it, or pass http_client=") from error


def explain(error: httpx.TransportError, uses_environment: bool) -> Exception:
    """Return an error with what httpx does not say: that a certificate was refused, or which proxy failed."""
    url = error.request.url
    problem = str(error) or type(error).__name__
    if _is_about_certificate(error):
        return CertificateError(
            f"the certificate of {url.host} was not accepted: {problem}; if your network replaces certificates, name "
            "the file with its own in SSL_CERT_FILE"
        )
    is_about_connection = isinstance(error, httpx.ProxyError | httpx.ConnectError | httpx.ConnectTimeout)
    proxy = _proxy(url) if is_about_connection and uses_environment else None
    return error if proxy is None else type(error)(f"{problem}, through the proxy that {proxy}", request=error.request)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


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
    return f"{variable} sets to {_shown(value)}"


def _diagnosis(error: Exception) -> str:
    """Return which variable of the environment cannot be used, and why."""
    for name, value in os.environ.items():
        try:
            if value and (check := _CHECKS.get(name.lower())) is not None:
                check(value)
        except _UNUSABLE as problem:
            return f"the environment variable {name} cannot be used: {_shown(value)!r}: {excerpt(str(problem), 300)}"
    return f"the environment allows no HTTP client: {excerpt(str(error), 300)}"


def _check_proxy(value: str) -> None:
    proxy = httpx.Proxy(value if "://" in value else f"http://{value}")
    if proxy.url.scheme.startswith("socks") and importlib.util.find_spec("socksio") is None:
        raise ImportError("a SOCKS proxy needs the package socksio; get it with: pip install 'httpx[socks]'")


def _check_no_proxy(value: str) -> None:
    for host in filter(None, (part.strip() for part in value.split(","))):
        if host.startswith("["):
            raise ValueError(f"write {host} without brackets")
        httpx.URL(host if "://" in host else f"all://*{host}" if ":" not in host else f"all://[{host}]")


def _check_key_log(value: str) -> None:
    with open(value, "a"):
        pass


def _check_certificates(value: str) -> None:
    ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=value)


_CHECKS: Mapping[str, Callable[[str], None]] = {
    "http_proxy": _check_proxy,
    "https_proxy": _check_proxy,
    "all_proxy": _check_proxy,
    "no_proxy": _check_no_proxy,
    "sslkeylogfile": _check_key_log,
    "ssl_cert_file": _check_certificates,
}


def _shown(value: str) -> str:
    """A value for a message, without the password of a proxy."""
    return excerpt(_USERINFO.sub("//", value), 100)
