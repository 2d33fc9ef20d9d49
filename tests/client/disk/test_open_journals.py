"""Journals that this process has open already."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from contextlib import aclosing, closing
from pathlib import Path

import pytest

from zeroscope._disk.journal import BatchJournal
from zeroscope.errors import ConfigurationError
from zeroscope_mock import MockServer

URL = "https://api.replicate.com/v1"
HINT = "That run is in this process; an async iteration that is left early needs contextlib"
INPUTS = [{"prompt": f"a lighthouse {number}"} for number in range(3)]


def test_journal__that_this_process_has_open_is_told(tmp_path: Path) -> None:
    """The message has a hint for the process that has the journal open, not for another one, nor once it is closed."""
    path = tmp_path / "storm.journal"
    code = f"from zeroscope._disk.journal import BatchJournal; BatchJournal({str(path)!r}, base_url={URL!r})"
    with closing(BatchJournal(path, base_url=URL)):
        # The second refusal also shows that the first one does not count as open.
        for _ in range(2):
            with pytest.raises(ConfigurationError, match=HINT):
                BatchJournal(path, base_url=URL)
        other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert "in use by another run" in other.stderr and HINT not in other.stderr
    hold = code.replace("; ", "; journal = ") + "; print(flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdin is not None and holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(ConfigurationError, match=r"name another file$"):
            BatchJournal(path, base_url=URL)
        holder.stdin.close()


def test_async_iteration__that_is_closed_frees_its_journal(tmp_path: Path) -> None:
    """Within `aclosing`, an iteration that is left early gives its journal up at once; otherwise a hint names it."""

    async def batch() -> None:
        async with MockServer().async_client() as client:
            left = client.as_completed(INPUTS, journal=tmp_path / "left")
            await anext(left)
            with pytest.raises(ConfigurationError, match=HINT):
                await client.run_many(INPUTS, journal=tmp_path / "left")
            await left.aclose()
            async with aclosing(client.as_completed(INPUTS, journal=tmp_path / "closed")) as finished:
                async for _ in finished:
                    break
            results = await client.run_many(INPUTS, journal=tmp_path / "closed")
            assert [result.error for result in results] == [None] * len(INPUTS)

    asyncio.run(batch())
