"""Connections over TLS in tests."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

from helpers.waiting import LONG


def connect(url: str, ca_file: Path | None) -> socket.socket:
    """A bare connection to a server.

    Args:
        url: Its URL, with the port.
        ca_file: The certificate of its authority; None without TLS.
    """
    host, _, port = url.partition("://")[2].rpartition(":")
    connection = socket.create_connection((host, int(port)), timeout=LONG)
    if ca_file is None:
        return connection
    # An end without the word of the server, which is a reset to OpenSSL, too, is then an error.
    return trusting(ca_file).wrap_socket(connection, server_hostname=host, suppress_ragged_eofs=False)


def trusting(ca_file: Path | None) -> ssl.SSLContext:
    """A context that trusts one authority, and no other."""
    return ssl.create_default_context(cafile=ca_file)
