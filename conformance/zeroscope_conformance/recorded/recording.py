"""Recordings: files of exchanges, as a HAR or a VCR cassette."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from ..document import Document
from ..exchange import excerpt
from . import cassette, har
from .bodies import decompressed
from .fields import RecordingError
from .recorded import Recorded
from .secrets import mask_secrets

MAX_BYTES = 512 * 1024**2
"""The size above which a file is not read, in bytes."""

_READERS = {"log": har.entries, "interactions": cassette.entries, "http_interactions": cassette.entries}
_YAML = (".yaml", ".yml")
_TAGS = "tag:yaml.org,2002:python/"


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # chosen at run time
    """A loader that takes the objects of Python, which old cassettes have, as plain values."""


def read_recording(path: Path, document: Document) -> list[Recorded]:
    """Return the exchanges in a file, without secrets, in the order of time if all times are known.

    Args:
        path: A HAR or a VCR cassette.
        document: The document, which names the secret fields of its model.

    Raises:
        RecordingError: If the file cannot be read, or is neither.
    """
    values = _load(path)
    key = next((key for key in _READERS if isinstance(values, Mapping) and key in values), None)
    if key is None:
        names = "no log, no interactions and no http_interactions"
        raise RecordingError(f"{path} is neither a HAR nor a VCR cassette: it has {names}")
    found = [_decompressed(one) for one in _READERS[key](values[key], path)]
    masked = mask_secrets((one.exchange for one in found), document)
    found = [replace(one, exchange=exchange) for one, exchange in zip(found, masked, strict=True)]
    timed = all(one.exchange.started_at for one in found)
    return sorted(found, key=lambda one: one.exchange.started_at) if timed else found


def _load(path: Path) -> Any:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise RecordingError(
                f"{path} has more than {MAX_BYTES // 1024**2} MiB; record fewer exchanges into one file"
            )
        content = path.read_bytes()
    except OSError as error:
        raise RecordingError(f"{path} cannot be read: {error.strerror}") from error
    try:
        if path.suffix.lower() in _YAML or not content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
            return yaml.load(content, _Loader)
        return json.loads(content)
    except yaml.YAMLError as error:
        raise RecordingError(f"{path} is not YAML: {excerpt(str(error))}") from error
    except ValueError as error:
        raise RecordingError(f"{path} is not JSON: {excerpt(str(error))}; it may be incomplete") from error
    except RecursionError as error:
        raise RecordingError(f"{path} is nested too deep to be a recording") from error


def _decompressed(recorded: Recorded) -> Recorded:
    exchange = recorded.exchange
    request = decompressed(exchange.request_body, exchange.request_headers)
    response = decompressed(exchange.response_body, exchange.response_headers)
    return replace(
        recorded,
        exchange=replace(exchange, request_body=request or b"", response_body=response or b""),
        has_request_body=recorded.has_request_body and request is not None,
        has_response_body=recorded.has_response_body and response is not None,
    )


def _plain(loader: Any, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_mapping(node, deep=True)


_Loader.add_multi_constructor(_TAGS, _plain)
