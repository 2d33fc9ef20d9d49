"""Builds the distributions, or makes a release.

Usage: python -m release dist
       python -m release version VERSION [--confirm]

Without --confirm, `version` only says what it would do. The exit code is 0 if all is well, and 1 if not.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from .distributions import digest, make_dist
from .errors import ReleaseError
from .execution import DIST, TARGETS, make_release
from .plan import BRANCH, plan_release

ROOT = Path(__file__).parents[1]


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Run the command.

    Args:
        arguments: The command line; that of the process if left out.
        root: The folder of the project.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(
        prog="release", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("dist", help="build the distributions")
    version = commands.add_parser("version", help="make a release")
    version.add_argument("version", metavar="VERSION")
    version.add_argument("--confirm", action="store_true", help="make it, instead of saying what would be done")
    options = parser.parse_args(arguments)
    try:
        if options.command == "dist":
            _dist(root)
        else:
            _release(root, options.version, confirmed=options.confirm)
    except ReleaseError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _dist(root: Path) -> None:
    for file in make_dist(root, root / DIST):
        print(f"{digest(file)}  {file.relative_to(root)}")
    print("Two builds, in different folders and environments, came out the same to the byte.")


def _release(root: Path, version: str, *, confirmed: bool) -> None:
    plan = plan_release(root, version, datetime.now(UTC).date())
    print(plan.diff(), flush=True)
    if not confirmed:
        print(f"CONFIRM=1 commits this as '{plan.subject}' in a second working tree and runs there:")
        print(f"  make {' '.join(TARGETS)}")
        print(f"If all succeed, {BRANCH} moves to the commit, the tag {plan.tag} is set, and {DIST}/ is replaced.")
        print("Nothing has been changed.")
        return
    commit = make_release(plan)
    print(f"{plan.subject}: commit {commit[:12]}, tag {plan.tag}, files in {DIST}/. Nothing was pushed or uploaded.")


if __name__ == "__main__":
    raise SystemExit(main())
