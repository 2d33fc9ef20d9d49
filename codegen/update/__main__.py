"""Rewrite the model's input in openapi.yaml as a version of the model describes it.

Usage: python -m codegen.update FROM [--dry-run] [--version-id ID] [--spec FILE]

FROM is a file with a version as the service answers it, or its `openapi_schema` alone, in JSON or YAML; or the word
`live`, for the service itself, with the token in REPLICATE_API_TOKEN.
"""

from __future__ import annotations

import argparse
import difflib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .cog import read_input
from .errors import UpdateError
from .source import Version, fetch, parse_version, read_text, version_url
from .spec import INPUT, VERSION, Spec

ROOT = Path(__file__).parents[2]
LIVE = "live"


def update(spec: Path, source: str, *, version_id: str | None = None, dry_run: bool = False) -> None:
    """Show what changes in the spec, then write it.

    Args:
        spec: The spec.
        source: A file, or `live`.
        version_id: Which version to ask the service for; None for the spec's own.
        dry_run: Whether to show only.

    Raises:
        UpdateError: If anything is in the way; the spec is then as it was.
    """
    with _about(spec):
        before = read_text(spec)
        document = Spec(before)
    origin, version = _obtain(document, source, version_id)
    with _about(origin):
        found = read_input(version.schema)
    with _about(spec):
        after = document.updated(found, version.id)
    for sentence in found.left_out:
        print(f"{origin}: {sentence}", file=sys.stderr)
    if after == before:
        print(f"{spec} says the same already; nothing was written.")
        return
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    sys.stdout.writelines(difflib.unified_diff(old, new, str(spec), f"{spec}, updated"))
    if version.id is None:
        print(f"{origin} names no version, so {'.'.join(VERSION)} stays.")
    if set(document.get(*INPUT, "required") or []) != set(found.required):
        print(f"Other fields are required; read the description of {INPUT[-1]} again.")
    if dry_run:
        print("Nothing was written.")
        return
    with _about(spec):
        _write(spec, before.encode(), after.encode())
    print(f"{spec} was written; run `make generate`, then `make spec-diff`.")


def main(arguments: list[str] | None = None) -> int:
    """Run the command; the exit code is 2 when the spec was left as it is because something is wrong."""
    parser = argparse.ArgumentParser(
        prog="update-spec", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", nargs="?", default="", metavar="FROM")
    parser.add_argument("--dry-run", action="store_true", help="show what would change, write nothing")
    parser.add_argument("--version-id", metavar="ID", help="with live: another version than the spec's")
    parser.add_argument("--spec", type=Path, default=ROOT / "openapi.yaml", metavar="FILE")
    options = parser.parse_args(arguments)
    try:
        update(options.spec, options.source, version_id=options.version_id, dry_run=options.dry_run)
    except UpdateError as error:
        print(f"Nothing was changed: {error}.", file=sys.stderr)
        return 2
    return 0


def _obtain(document: Spec, source: str, version_id: str | None) -> tuple[str, Version]:
    """A version, and what messages call where it came from."""
    if not source:
        raise UpdateError("nothing says where the description comes from; name a file, or live, with FROM=")
    if source == LIVE:
        with _about("live"):
            url = version_url(document, version_id, os.environ)
        with _about(url):
            return url, fetch(url, os.environ)
    if version_id is not None:
        raise UpdateError(f"{source}: a file holds one version, so name no other; leave the version's id away")
    with _about(source):
        return source, parse_version(read_text(Path(source)))


def _write(spec: Path, before: bytes, after: bytes) -> None:
    """Replace a file whole, or leave it whole."""
    # A link stays one.
    target = spec.resolve()
    try:
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(after)
                file.flush()
                os.fsync(file.fileno())
            shutil.copymode(target, name)
            if Path(name).read_bytes() != after:
                raise UpdateError("what was written did not come back the same; check the disk")
            if target.read_bytes() != before:
                raise UpdateError("it was changed by somebody else meanwhile; run this again")
            os.replace(name, target)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise UpdateError(f"it cannot be written, {error.strerror or error}; check who may write there") from error


@contextmanager
def _about(what: object) -> Iterator[None]:
    try:
        yield
    except UpdateError as error:
        raise UpdateError(f"{what}: {error}") from error


if __name__ == "__main__":
    raise SystemExit(main())
