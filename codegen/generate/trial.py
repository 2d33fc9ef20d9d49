"""Tries a generated package in a process of its own, up to calls of a mock server.

Usage: python -m codegen.generate.trial PACKAGE BEFORE

It prints a JSON object: the reason and the place of the first fault, or notes on fields. BEFORE is the package to be
replaced, which need not exist.
"""

from __future__ import annotations

import importlib
import io
import json
import pkgutil
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import Any, Unpack, get_type_hints

from ..document.errors import first_line
from . import seam
from .client import INPUT, SCHEMAS, operation_ids, referred
from .errors import GenerationError
from .extensions import check_extensions
from .nesting import sample_of, schema_of, too_deep
from .requirements import refuse_server
from .samples import Samples, difference

ROOT = Path(__file__).parents[2]
_FIELDS = (*SCHEMAS, INPUT, "properties")


class Trial:
    """A package, and the document that it was generated from.

    Args:
        package: The folder of the package, which is the first on Python's path.
        before: The folder of the package before it.
    """

    def __init__(self, package: Path, before: Path) -> None:
        self.package = package
        self.document: dict[str, Any] = json.loads((package / "spec.json").read_text(encoding="utf-8"))
        self.before: dict[str, Any] = {}
        with suppress(OSError, ValueError):
            self.before = json.loads((before / "spec.json").read_text(encoding="utf-8"))
        schema = self.document["components"]["schemas"][INPUT]
        self.fields: dict[str, Any] = schema["properties"]
        self.required: list[str] = schema.get("required", [])

    def run(self) -> list[str]:
        """Try everything.

        Returns:
            A line for each field that is passed in another way than most are.

        Raises:
            GenerationError: If anything does not work.
        """
        steps: dict[str, Callable[[], object]] = {
            "the generated package cannot be imported": self.load,
            "the wrapper does not find what it needs": lambda: seam.check_names(
                ROOT / "wrapper/zeroscope/_service", self.document, self.before
            ),
            "an extension cannot be used": lambda: check_extensions(self.document),
            "the wrapper has no base URL": lambda: refuse_server(self.document),
            "the wrapper cannot make its calls": self.check_calls,
            "the types cannot be read": self.check_types,
            "a model loses what is read into it": self.check_models,
            "`zeroscope run --help` fails": self.check_command,
            "the mock server fails": self.use_mock,
        }
        for what, step in steps.items():
            with _explained(what):
                step()
        return self.notes()

    def load(self) -> None:
        """Import every module of the package."""
        package = importlib.import_module(self.package.name)
        if Path(str(package.__file__)).parent != self.package:
            raise GenerationError(f"{package.__file__} is before the generated package on Python's path")
        try:
            for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
                importlib.import_module(module.name)
        except SyntaxError as error:
            # Python has a limit for blocks within each other, of which each list or choice needs one.
            name = schema_of(self.document, error.filename or "") if "nested" in str(error) else None
            if name is None:
                raise
            raise too_deep(self.document, name) from error

    def check_calls(self) -> None:
        """Make each call of the wrapper, and compare its arguments with those of the endpoint."""
        from zeroscope._service import api
        from zeroscope.options import ListFilters

        makers: list[Callable[[], Any]] = [
            lambda: api.create_call({}, cancel_after="", prefer=""),
            lambda: api.create_file_call(b"", "", ""),
            lambda: api.get_call(""),
            lambda: api.cancel_call(""),
            lambda: api.list_call(dict.fromkeys(ListFilters.__annotations__, "")),
            api.webhook_secret_call,
        ]
        for make in makers:
            try:
                call = make()
            except KeyError as error:
                # The path of the operation, for messages, is filled in with what the wrapper knows.
                reason = f"the path of an operation has the parameter {error.args[0]}, which the wrapper does not pass"
                raise GenerationError(reason, ("paths",)) from error
            seam.check_call(call, self.document)

    def check_types(self) -> None:
        """Read the types of the arguments, as the command and type checkers do, and what inputs are checked against."""
        from zeroscope import PredictionInputDict, RunArguments
        from zeroscope._service.validation import invalid_fields

        invalid_fields({"input": {}, "version": "v"})

        hints = get_type_hints(PredictionInputDict)
        for name in self.fields:
            if name not in hints:
                raise _of_field(name, "has no type")
        if set(self.required) & set(self.fields) != set(PredictionInputDict.__required_keys__):
            raise GenerationError("the types require other fields than the document", (*SCHEMAS, INPUT, "required"))
        get_type_hints(RunArguments)

    def check_models(self) -> None:
        """Read a sample of each schema into its class, which must give all of it back."""
        models = importlib.import_module(f"{self.package.name}.models")
        schemas = self.document["components"]["schemas"]
        # The inner ones first, which are at fault where the outer ones are.
        for name in sorted(schemas, key=lambda name: len(referred(schemas, schemas[name]) | {name})):
            schema = schemas[name]
            model = getattr(models, name, None)
            is_read = hasattr(model, "from_dict") and not hasattr(model, "to_multipart")
            if not is_read or not isinstance(schema.get("properties"), dict):
                continue
            whole = sample_of(self.document, name)
            if name == INPUT:
                continue
            least = {field: whole[field] for field in schema.get("required", ()) if field in whole}
            for field in [None, *schema["properties"]]:
                given = least if field is None or field not in whole else {**least, field: whole[field]}
                place = (*SCHEMAS, name, *(() if field is None else ("properties", field)))
                what = f"{name}.{field}" if field else name
                try:
                    _check_model(model, given)
                except (TypeError, ValueError, KeyError, AttributeError, NameError) as error:
                    reason = f"{what} cannot be read from a response, {_named(error)}"
                    raise GenerationError(reason, place) from error

    def check_command(self) -> None:
        """Make the parser and the help of the command, which has an option for each field."""
        from zeroscope.cli.app import run

        out, err = io.StringIO(), io.StringIO()
        try:
            with redirect_stdout(out), redirect_stderr(err):
                code = run(["run", "--help"])
        except Exception:
            self._find_option()
            raise
        if code:
            self._find_option()
            raise GenerationError(f"`zeroscope run --help` fails, {first_line(ValueError(err.getvalue()))}")

    def _find_option(self) -> None:
        """Raise an error that names the field whose option cannot be made."""
        from cyclopts import App

        from zeroscope.cli.input_options import input_fields

        for name in self.fields:
            try:
                # The types are made from all fields but these.
                options: Any = input_fields(without=self.fields.keys() - {name})

                def command(**input: Any) -> None: ...

                command.__annotations__["input"] = Unpack[options]
                app = App()
                app.default(command)
                with redirect_stdout(io.StringIO()):
                    app(["--help"], exit_on_error=False, result_action="return_value")
            except Exception as error:
                raise _of_field(name, f"cannot be an option of the command, {_named(error)}") from error

    def use_mock(self) -> None:
        """Make a mock server of the document, and send it what the wrapper sends to the service."""
        import zeroscope
        from zeroscope_mock import MockServer, SpecError

        try:
            server = MockServer(spec=self.document)
        except SpecError as error:
            raise GenerationError(f"no mock server can be made, {first_line(error)}") from error
        given = self.samples().whole()
        with server.client() as client, self._described(server):
            if given is not None:
                prediction = client.predictions.create(
                    given, prefer_wait=1, deadline=60, webhook="https://example.com/"
                )
                prediction.wait()
                client.predictions.cancel(client.predictions.create(given).id)
                found = client.predictions.get(prediction.id).input
                for name in given:
                    if found is None or name not in found:
                        raise _of_field(name, "does not reach the mock server")
            list(client.predictions.list(source="web", created_after="2026-01-01T00:00:00Z"))
            client.webhook_secret()
            with suppress(zeroscope.NotFoundError):
                client.predictions.get("none")

    @contextmanager
    def _described(self, server: Any) -> Iterator[None]:
        """Name the operation whose response the document does not describe as the service sends it."""
        import zeroscope

        try:
            yield
        except (zeroscope.MalformedResponseError, zeroscope.UnknownOutcomeError) as error:
            last = server.journal[-1]
            method, path = operation_ids(self.document)[last.operation]
            reason = f"{last.operation} ({method} {path}) has no response {last.status} with what the service returns"
            raise GenerationError(f"{reason}; describe it", ("paths", path, method.lower(), "responses")) from error

    def samples(self) -> Samples:
        """Return the samples of the model's input, of which the mock server is sent one."""
        from zeroscope._service.input_types import file_fields
        from zeroscope._service.validation import invalid_fields

        def refuse(input: Mapping[str, Any]) -> dict[str, str]:
            return {field.field: field.description for field in invalid_fields({"input": input, "version": "v"})}

        return Samples(self.document, file_fields(), refuse)

    def notes(self) -> list[str]:
        """Say how fields named like options are reached, and which fields and creates could not be tried."""
        from zeroscope._service.reserved import reserved_fields

        reserved = [f"{name or repr(name)}: {sentence}" for name, sentence in reserved_fields(self.fields).items()]
        return [*reserved, *self.samples().notes()]


def _check_model(model: Any, given: Mapping[str, Any]) -> None:
    if changed := difference(given, model.from_dict(given).to_dict()):
        raise ValueError(changed)


def _of_field(name: str, what: str) -> GenerationError:
    return GenerationError(f"the field {name!r} {what}", (*_FIELDS, name))


def _named(error: BaseException) -> str:
    return f"{type(error).__name__}: {first_line(error)}" if isinstance(error, Exception) else type(error).__name__


@contextmanager
def _explained(what: str) -> Iterator[None]:
    """Turn any error into one of a sentence, which names the place in the hand-written code."""
    try:
        yield
    except GenerationError:
        raise
    except Exception as error:
        raise GenerationError(*_explanation(what, error)) from error


def _explanation(what: str, error: Exception) -> tuple[str, tuple[str, ...]]:
    invalid = getattr(error, "invalid_fields", None)
    if invalid:
        name = invalid[0].field.removeprefix("input.").partition(".")[0]
        return f"the field {name!r} cannot be sent, {invalid[0].description}", (*_FIELDS, name)
    if type(error).__module__.startswith("jsonschema_rs"):
        at = [str(token) for token in getattr(error, "instance_path", ())]
        return f"{'.'.join(at)} is no JSON Schema, {first_line(error)}", tuple(at)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if str(ROOT) in frame.filename]
    where = ""
    if frames:
        path = Path(frames[-1].filename).relative_to(ROOT)
        where = f" in {path}, line {frames[-1].lineno}"
    if isinstance(error, KeyError):
        return f"the document has no {error.args[0]!r} any more, which is needed{where}", ()
    if isinstance(error, AttributeError) and type(error.obj).__module__.startswith("zeroscope_api.models."):
        schema = type(error.obj).__name__
        name = error.name.rstrip("_") if error.name else ""
        return f"{schema} has no property {name!r} any more, which is needed{where}", (*SCHEMAS, schema)
    return f"{what}, {_named(error)}{where}", ()


def main(package: str, before: str) -> dict[str, Any]:
    """Try a package.

    Returns:
        What the parent reads.
    """
    try:
        with redirect_stdout(io.StringIO()):
            return {"notes": Trial(Path(package), Path(before)).run()}
    except GenerationError as error:
        return {"reason": str(error), "place": error.place}


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
