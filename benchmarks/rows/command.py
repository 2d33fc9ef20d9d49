"""The start of the command: its help, and a video of its own mock server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from ..benchmark import Benchmark, Context
from ..measurement import Goal, Row, Sample, Series, interleave
from ..processes import duration, processor_time

_IMPORTS = "import httpx, rich"
_NO_CLICK = (
    "cyclopts, which parses the command line, takes as long to import as httpx. With click, `import httpx` also "
    "imports that and rich's progress bars, and the ratio for the help of all commands is 1.4."
)
_VIDEO = ("run", "A lighthouse", "--mock", "--num-frames", "24", "--overwrite", "-o")

Measure = Callable[[Sequence[str | Path]], float]


def helps(context: Context) -> Iterator[Row]:
    """Measure processes that only show a help."""
    commands: dict[str, tuple[tuple[str, ...], float]] = {"--help": (("--help",), 1.5)}
    commands["run --help"] = ("run", "--help"), 2.5
    samples = {name: _sample(context, processor_time, arguments) for name, (arguments, _) in commands.items()}
    figures = interleave({"": _imports(context, processor_time), **samples}, context.choose(21, 3))
    for name, (_, bound) in commands.items():
        yield _row(f"zeroscope {name}", "processor time", figures[name], figures[""], Goal("at most", bound), _NO_CLICK)


def videos(context: Context) -> Iterator[Row]:
    """Measure a process that makes a video with its own mock server."""
    arguments = (*_VIDEO, str(context.folder / "command.mp4"))
    measurements: tuple[tuple[str, Measure, tuple[str, ...], str], ...] = (
        ("processor time", processor_time, (), ""),
        (
            "elapsed",
            duration,
            ("--mock-speed", "1000"),
            "With --mock-speed 1000; by default, the prediction takes 1 s.",
        ),
    )
    for what, measure, options, note in measurements:
        samples = {"ours": _sample(context, measure, (*arguments, *options)), "imports": _imports(context, measure)}
        figures = interleave(samples, context.choose(9, 1))
        title = "zeroscope run --mock of 24 frames"
        yield _row(title, what, figures["ours"], figures["imports"], Goal("below", 8), note=note)


def _sample(context: Context, measure: Measure, arguments: tuple[str, ...]) -> Sample:
    return partial(measure, [context.environments.python("mock").parent / "zeroscope", *arguments])


def _imports(context: Context, measure: Measure) -> Sample:
    return partial(measure, [context.environments.python("mock"), "-c", _IMPORTS])


def _row(
    title: str,
    measured: str,
    ours: Sequence[float],
    theirs: Sequence[float],
    goal: Goal,
    reason: str = "",
    *,
    note: str = "",
) -> Row:
    sides = [Series("ms", tuple(1000 * figure for figure in side)) for side in (ours, theirs)]
    what = f"{title}, cold process, {measured}"
    return Row(what, sides[0], f'python -c "{_IMPORTS}"', sides[1], goal, reason, note)


BENCHMARKS = (
    Benchmark("command help", helps),
    Benchmark("command run mock", videos),
)
