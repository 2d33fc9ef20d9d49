"""Runs the command that generates the client package."""

from .command import main

if __name__ == "__main__":
    raise SystemExit(main())
