"""The certificate of a server on https, and the files by which clients trust it."""

from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import trustme

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
"""The names and addresses of this machine, which every certificate has."""

# Some programs accept no certificate that is valid for more than 825 days.
_VALIDITY = timedelta(days=365)
_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
_OWN = b"# The authority of zeroscope_mock\n"
_OTHERS = b"# The authorities that are trusted besides\n"


class Certificate:
    """A certificate of a server, issued by an authority that is made for it.

    Args:
        names: The names and addresses by which clients reach the server, besides those of this machine.
        folder: The folder of the authority, which is used again if it is there; a temporary one if left out.

    Attributes:
        ca_file: The authority's certificate, as PEM.
        environment: The variables of the environment that make clients trust the server, with their values.

    Raises:
        OSError: If a file cannot be written or read.
        ValueError: For a name that no certificate can have, and for files in the folder that hold no authority.
    """

    def __init__(self, names: Iterable[str] = (), folder: str | os.PathLike[str] | None = None) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="zeroscope-mock-") if folder is None else None
        place = Path(self._temporary.name if self._temporary else folder or ".").absolute()
        self.ca_file = place / "ca.pem"
        bundle = place / "ca-bundle.pem"
        self.environment: Mapping[str, str] = MappingProxyType(dict.fromkeys(_VARIABLES, str(bundle)))
        try:
            place.mkdir(parents=True, exist_ok=True)
            authority = _authority(place / "ca-key.pem")
            self.ca_file.write_bytes(authority.cert_pem.bytes())
            # SSL_CERT_FILE replaces all authorities, and clients have other servers to call.
            bundle.write_bytes(_OWN + authority.cert_pem.bytes() + _OTHERS + _other_authorities())
            self.context = _context(authority, [*LOCAL_NAMES, *names])
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Remove the temporary folder, if there is one."""
        if self._temporary is not None:
            self._temporary.cleanup()


def _authority(path: Path) -> trustme.CA:
    """The authority whose key and certificate are in a file, which is written if it is missing."""
    import trustme

    try:
        # With the key, any program can pass for any server.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pem = path.read_bytes()
        try:
            return trustme.CA.from_pem(pem, pem)
        except ValueError as error:
            raise ValueError(f"{path} holds no key and certificate; remove it to have new ones made") from error
    authority = trustme.CA(organization_name="zeroscope_mock")
    with open(descriptor, "wb") as file:
        file.write(authority.private_key_pem.bytes() + authority.cert_pem.bytes())
    return authority


def _other_authorities() -> bytes:
    """The certificates of the authorities that clients trust already, as PEM."""
    try:
        pem = Path(os.environ["SSL_CERT_FILE"]).read_bytes()
    except (KeyError, OSError):
        import certifi

        return Path(certifi.where()).read_bytes()
    # The shell may have been told to trust an earlier server.
    return pem.partition(_OTHERS)[2] if pem.startswith(_OWN) else pem


def _context(authority: trustme.CA, names: Iterable[str]) -> ssl.SSLContext:
    # An IPv6 address may be in brackets, and a name may be there twice.
    bare = dict.fromkeys(name.removeprefix("[").removesuffix("]") for name in names if name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        authority.issue_cert(*bare, not_after=datetime.now(UTC) + _VALIDITY).configure_cert(context)
    except ValueError as error:
        raise ValueError(f"no certificate can be made for {', '.join(bare)}: {error}") from error
    return context
