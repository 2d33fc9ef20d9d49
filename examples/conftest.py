"""Keeps pytest out of the projects here, each of which runs in its own folder: see tests/examples."""

from __future__ import annotations

collect_ignore = ["any_model", "ported"]
