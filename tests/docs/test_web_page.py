"""The page on the web page, and the first commands of the five-minutes page."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.pages import ROOT, code_blocks, read_page
from zeroscope_mock import MockServer


def test_query_table__lists_every_key() -> None:
    """The table of queries has exactly the keys that the page understands."""
    source = (ROOT / "studio" / "src" / "query.ts").read_text(encoding="utf-8")
    (table,) = re.findall(r"const KEYS[^{]*\{\n(.*?)\n\};", source, re.DOTALL)
    known = set(re.findall(r"^  (\w+)[:,]", table, re.MULTILINE)) - {"operation", "prediction"}
    (rows,) = re.findall(r"\| query \|.*?\n\n", read_page("web-page.md"), re.DOTALL)
    assert set(re.findall(r"`-?(\w+):", rows)) == known


@pytest.mark.parametrize("name", ["five-minutes.md", "web-page.md"])
def test_console__begins_as_the_command_does(name: str) -> None:
    """The first lines of the server are those that it prints."""
    block = code_blocks(read_page(name), "console")[0].splitlines()
    arguments = block[0].removeprefix("$ ").split()[1:]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    main = "import sys; from zeroscope.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", main, *arguments, "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout
        printed = [process.stdout.readline().strip() for _ in block[1:]]
        process.terminate()
        process.stdout.read()
    assert [re.sub(r":\d+", ":8000", line) for line in printed] == block[1:]


def test_five_minutes__begins_with_commands_that_run(tmp_path: Path) -> None:
    """The commands make a video and a refusal, of which the journal has the reason that the page names."""
    blocks = code_blocks(read_page("five-minutes.md"), "bash")
    with MockServer(clock="real", speed=20) as server, server.listen() as listening:
        program = "\n".join(blocks).replace("http://127.0.0.1:8000", listening.url)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
        subprocess.run(["bash", "-euc", program], cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert (tmp_path / "astronaut.mp4").read_bytes()[4:8] == b"ftyp"
    assert server.journal[-1].status == 422
    assert server.journal[-1].reason
    assert "input.width" in server.journal[-1].reason
