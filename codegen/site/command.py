"""The page of the command, from its parser."""

from __future__ import annotations

import re
from pathlib import Path

from zeroscope.cli.app import app


def command_page() -> str:
    """The commands with their arguments and options, as `--help` has them."""
    text = app.generate_docs(output_format="markdown")
    # The list of commands that follows has the same links.
    text = re.sub(r"## Table of Contents\n.*?(?=\*\*Commands\*\*)", "", text, flags=re.DOTALL)
    return text.replace(str(Path.home()), "~").replace("# zeroscope\n", "# The command zeroscope\n", 1)
