"""Steps from the schema of a model to a file that its generated client saves."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from keyword import iskeyword
from pathlib import Path
from typing import Any, get_type_hints

from codegen.update.__main__ import main as update_spec
from codegen.update.output import has_videos
from codegen.update.spec import MODEL_OUTPUT, OUTPUT, Spec

from helpers.model_files import STEPS, Field, ModelFile
from helpers.model_inputs import UNKNOWN, allowed_inputs, minimal_input, sample
from helpers.source_trees import ROOT, GeneratedTree, generate, input_fields, load, main
from zeroscope._service.secret_fields import REDACTED
from zeroscope.options import RunOptions

_SPEC = "openapi.yaml"
_OPTIONS = get_type_hints(RunOptions).keys()
# The inputs at the edges, which is all that the last two of them are.
_AT_THE_EDGES = 2


class StepFailedError(Exception):
    """A step that did not do what it is there for; the message says why, in one sentence."""


@dataclass
class Progress:
    """How far a model came.

    Args:
        passed: The steps that passed.
        error: Why the next one failed; None if all passed.
        notes: What the commands said of the model's fields.
    """

    passed: list[str] = field(default_factory=list[str])
    error: Exception | None = None
    notes: list[str] = field(default_factory=list[str])

    @property
    def row(self) -> list[str]:
        """A word for each step, and the sentence of the one that failed."""
        done = len(self.passed)
        words = ["ok" if at < done else "failed" if at == done else "-" for at in range(len(STEPS))]
        known = self.error is None or isinstance(self.error, StepFailedError)
        sentence = "" if self.error is None else f"{'' if known else f'{type(self.error).__name__}: '}{self.error}"
        return [*words, " ".join(sentence.split())]


def take_steps(model: ModelFile, folder: Path, types: Path) -> Progress:
    """Take a model through the steps, up to the first that fails.

    Args:
        folder: An empty folder.
        types: The cache folder of the type checker.
    """
    progress = Progress()
    steps = _steps(model, GeneratedTree(folder, types), progress.notes)
    for name in STEPS:
        try:
            next(steps)
        except Exception as error:
            progress.error = error
            break
        progress.passed.append(name)
    return progress


def _steps(model: ModelFile, tree: GeneratedTree, notes: list[str]) -> Iterator[None]:
    spec, package = tree.folder / _SPEC, tree.folder / "zeroscope_api"
    shutil.copyfile(ROOT / _SPEC, spec)
    notes += _run(update_spec, str(model.path), "--spec", str(spec))
    yield
    # Without the proof, which --check makes.
    generate(spec, package)
    yield
    _run(main, "--check", "--spec", str(spec), "--output", str(package))
    yield

    fields = input_fields(load(spec.read_text(encoding="utf-8")))
    inputs = _inputs(model)
    program = tree.folder / "program.py"
    program.write_text(_program(inputs, fields), encoding="utf-8")
    # What is newer than the spec, and null, cannot be given to the command.
    given = {name: value for name, value in inputs[0].items() if name in fields and value is not None}
    seen = tree.python(_PROBE, len(inputs), list(fields), _options(model, given))
    _require(not seen["error"], seen["error"])
    _require(Path(seen["package"]).parent == package, f"{seen['package']} is imported, not {package}")
    yield

    errors = tree.mypy(program)
    wrong = errors.pop(len(program.read_text(encoding="utf-8").splitlines()), "")
    _require(not errors, *(f"line {line} of {program}: {message}" for line, message in errors.items()))
    _require(UNKNOWN in wrong or not fields, f"a field that the model does not have is accepted: {wrong}")
    yield

    for call, input in zip(seen["calls"], inputs, strict=True):
        _require(call == _shown(input, fields), f"the input became {json.dumps(call)[:400]}")
    yield

    code, _, err = seen["help"]
    _require(code == 0 and not seen["unlisted"], err.strip() or f"it lists no option for {', '.join(seen['unlisted'])}")
    yield

    code, out, err = seen["run"]
    if not has_videos(Spec(spec.read_text(encoding="utf-8")).get(*OUTPUT, MODEL_OUTPUT)):
        _require(code == 1 and "without a video; its output is" in err, err.strip() or "a video was found")
        yield
        return
    _require(code == 0, err.strip())
    made = json.loads(out)
    _require(made["input"] == _shown(given, fields), f"the input became {json.dumps(made['input'])[:400]}")
    saved = [tree.folder / name for name in made["saved_files"]]
    _require(bool(saved) and all(path.stat().st_size for path in saved), "no file was saved")
    yield


def _shown(input: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The input as predictions show it."""
    secret = {name for name, field in fields.items() if field.get("writeOnly")}
    return {name: REDACTED if name in secret else value for name, value in input.items()}


def _require(condition: bool, *sentences: str) -> None:
    if not condition:
        raise StepFailedError(sentences[0] if sentences else "")


def _run(command: Callable[[list[str]], int], *arguments: str) -> list[str]:
    """Run a command in this process, and return the lines that it wrote to stderr."""
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()) as said:
        code = command(list(arguments))
    _require(code == 0, said.getvalue())
    return said.getvalue().splitlines()


def _inputs(model: ModelFile) -> list[dict[str, Any]]:
    """Valid inputs: one with every field, the smallest one, and those at the edges of the fields."""
    whole = {field.name: sample(model, field) for field in model.fields}
    # The command takes no empty prompt for one that is meant.
    whole |= {"prompt": "a lighthouse"} if whole.get("prompt") == "" else {}
    # Cog 0.1 wrote the choices of integers as text. Where the choices are no integers, they count.
    chosen = {field.name: _number(whole[field.name]) for field in model.fields if field.contradictory}
    edges = [allowed.input for allowed in allowed_inputs(model)][-_AT_THE_EDGES:]
    return [
        {name: chosen.get(name, value) for name, value in input.items()}
        for input in (whole, minimal_input(model), *edges)
    ]


def _number(value: Any) -> Any:
    return int(value) if str(value).isdigit() else value


def _program(inputs: Sequence[Mapping[str, Any]], fields: Mapping[str, Any]) -> str:
    """A program with a call for each input, and on its last line one with a field that no model has."""
    lines = ["from zeroscope import Videos, Zeroscope", ""]
    for index, input in enumerate(inputs):
        typed = {name: value for name, value in input.items() if name in fields and _is_argument(name)}
        rest = {name: value for name, value in input.items() if name not in typed}
        arguments = [f"{name}={value!r}" for name, value in typed.items()] + [f"extra_input={rest!r}"] * bool(rest)
        lines += [
            f"def call_{index}(client: Zeroscope) -> Videos:",
            f"    return client.run({', '.join(arguments)})",
            "",
        ]
    lines += ["def misspelled(client: Zeroscope) -> None:", f"    client.run({UNKNOWN}=1)"]
    return "\n".join(lines) + "\n"


def _is_argument(name: str) -> bool:
    """Whether a field is an argument of a call; the others are in its `extra_input`."""
    return name.isidentifier() and not iskeyword(name) and name not in _OPTIONS


def _options(model: ModelFile, given: Mapping[str, Any]) -> list[list[str]]:
    """The options of the command for fields: what precedes the name, the name, and what follows it."""
    fields = [field for field in model.fields if field.name in given]
    return [[start, field.name, end] for field in fields for start, end in _forms(model, field, given[field.name])]


def _forms(model: ModelFile, field: Field, value: Any) -> Iterator[tuple[str, str]]:
    item = model.resolve(field.name, field.schema.get("items", {})) if field.type == "array" else field
    if item.type not in {"string", "integer", "number", "boolean"} and not {"enum", "const"} & item.schema.keys():
        yield "", f"={json.dumps(value)}"
    elif value == []:
        yield "empty-", ""
    elif isinstance(value, bool):
        yield "" if value else "no-", ""
    else:
        for one in value if isinstance(value, list) else [value]:
            yield "", f"={one}"


_PROBE = '''
import contextlib, io, json, re, sys, traceback

number, fields, options = map(json.loads, sys.argv[1:])
seen = {"error": ""}

def command(*arguments):
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        code = main(list(arguments))
    return [code, out.getvalue(), err.getvalue()]

def option(name):
    """The option that the help lists for a field, whose words may be apart."""
    listed = re.findall(r"(?<!\\S)--(\\S+)", seen["help"][1])
    plain = name.lower().replace("_", "")
    full = [one for one in listed if one == f"input.{name}"]
    found = full + [one for one in listed if one.replace("-", "") == plain]
    return found[0] if found else None

def call(client, index):
    try:
        return getattr(program, f"call_{index}")(client)[0].prediction.input
    except PredictionError as error:  # a video that is too large for the model's memory, and another output than videos
        return error.prediction.input
    except Exception as error:
        return f"{type(error).__name__}: {error}"

try:
    import program, zeroscope_api
    from zeroscope import PredictionError
    from zeroscope.cli import main
    from zeroscope_mock import MockServer
except Exception:
    seen["error"] = traceback.format_exc().splitlines()[-1]
else:
    with MockServer().client() as client:
        seen["calls"] = [call(client, index) for index in range(number)]
    seen["package"] = zeroscope_api.__file__
    seen["help"] = command("run", "--help")
    run = ["run", "--mock", "--mock-speed", "1000", "--output", "made.mp4", "--json"]
    named = {name: option(name) for name in fields}
    seen["unlisted"] = [name for name in fields if named[name] is None]
    seen["run"] = command(*run, *(f"--{start}{named[name]}{end}" for start, name, end in options))
print(json.dumps(seen))
'''
