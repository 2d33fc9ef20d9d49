"""Updates the input schema of openapi.yaml to a version of the model.

Usage: python -m codegen.update FROM [--dry-run] [--version-id ID] [--spec FILE]

FROM is a file with a model version as the service returns it, or with its `openapi_schema` alone, in JSON or YAML; or
the word `live` for the service itself, with the token in REPLICATE_API_TOKEN.
"""

from __future__ import annotations

import argparse
import difflib
import os
import runpy
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..document.values import equal
from .cog import convert_input
from .combination import Schema
from .errors import UpdateError
from .output import convert_output, describe_output, has_videos
from .source import ModelVersion, fetch_version, parse_version, read_text, version_url
from .spec import INPUT, MODEL_OUTPUT, OUTPUT, VERSION, Spec

ROOT = Path(__file__).parents[2]
RESERVED = ROOT / "wrapper/zeroscope/_service/reserved.py"
LIVE = "live"


def update(spec: Path, source: str, *, version_id: str | None = None, dry_run: bool = False) -> None:
    """Print the difference, then write the spec.

    Args:
        source: A file, or `live`.
        version_id: The ID of the version to fetch; None for the one in the spec.
        dry_run: Whether to print only.

    Raises:
        UpdateError: If anything fails; the spec is then unchanged.
    """
    with _named(spec):
        before = read_text(spec)
        document = Spec(before)
    origin, version = _read_version(document, source, version_id)
    with _named(origin):
        found = convert_input(version.schema)
    output = convert_output(version.schema)
    with _named(spec):
        after = document.updated(found, version.id, output)
    told = (*found.warnings, *_reserved(found.fields), *_output(output, document.get(*OUTPUT, MODEL_OUTPUT)))
    for sentence in told:
        print(f"{origin}: {sentence}", file=sys.stderr)
    if after == before:
        print(f"{spec} is up to date; nothing was written.")
        return
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    sys.stdout.writelines(difflib.unified_diff(old, new, str(spec), f"{spec}, updated"))
    if version.id is None:
        print(f"{origin} has no version ID, so {'.'.join(VERSION)} stays.")
    if set(document.get(*INPUT, "required") or []) != set(found.required):
        print(f"The required fields changed; check whether the description of {INPUT[-1]} is still right.")
    if dry_run:
        print("Nothing was written.")
        return
    with _named(spec):
        _replace(spec, before.encode(), after.encode())
    print(f"{spec} was written; run `make generate`, then `make spec-diff`.")


def main(arguments: list[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: The command line; that of the process if left out.

    Returns:
        The exit code: 2 if the update failed and the spec is unchanged.
    """
    parser = argparse.ArgumentParser(
        prog="update-spec", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", nargs="?", default="", metavar="FROM")
    parser.add_argument("--dry-run", action="store_true", help="print the difference, write nothing")
    parser.add_argument(
        "--version-id", metavar="ID", help="with live: the version to fetch, if not the one in the spec"
    )
    parser.add_argument("--spec", type=Path, default=ROOT / "openapi.yaml", metavar="FILE")
    options = parser.parse_args(arguments)
    try:
        update(options.spec, options.source, version_id=options.version_id, dry_run=options.dry_run)
    except UpdateError as error:
        print(f"Nothing was changed: {error}.", file=sys.stderr)
        return 2
    return 0


def _read_version(document: Spec, source: str, version_id: str | None) -> tuple[str, ModelVersion]:
    """Return the name of the source for messages, and the version from it."""
    if not source:
        raise UpdateError("no source is given; name a file, or live, with FROM=")
    if source == LIVE:
        with _named("live"):
            url = version_url(document, version_id, os.environ)
        with _named(url):
            return url, fetch_version(url, os.environ)
    if version_id is not None:
        raise UpdateError(f"{source}: a file holds one version; leave the version ID out")
    with _named(source):
        return source, parse_version(read_text(Path(source)))


def _output(output: Schema | None, before: Schema | None) -> Iterator[str]:
    """Yield a sentence if the output is another one, and one if the client finds no videos in it."""
    if output is None:
        return
    if before is not None and not equal(before, output):
        was, now = describe_output(before), describe_output(output)
        change = f"was {was} and is {now}" if was != now else f"is {now} in another form"
        yield f"Output {change}; check the description of {'.'.join(OUTPUT[2::2])}."
    if not has_videos(output):
        yield f"Output is {describe_output(output)}, in which `videos` finds none; read `output` instead."


def _reserved(names: Iterable[str]) -> Iterator[str]:
    """Yield a sentence for each field that an option of the client is named like."""
    # By its path, since the client may not be importable before it is generated for the new fields.
    found: dict[str, str] = runpy.run_path(str(RESERVED))["reserved_fields"](names)
    for name, how in found.items():
        yield f"{name}: {how}."


def _replace(spec: Path, before: bytes, after: bytes) -> None:
    """Replace a file atomically, unless another process has changed it."""
    # A symbolic link stays one.
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
                raise UpdateError("what was written does not read back the same; check the disk")
            if target.read_bytes() != before:
                raise UpdateError("another process has changed it in the meantime; run this again")
            os.replace(name, target)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise UpdateError(f"it cannot be written, {error.strerror or error}; check its permissions") from error


@contextmanager
def _named(what: object) -> Iterator[None]:
    try:
        yield
    except UpdateError as error:
        raise UpdateError(f"{what}: {error}") from error


if __name__ == "__main__":
    raise SystemExit(main())
