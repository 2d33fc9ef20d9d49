"""The command that compares versions: its sources, its output and its exit codes."""

from __future__ import annotations

import copy
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from codegen.diff.__main__ import VERSION, main
from codegen.diff.changes import ChangeGroup, Kind, Party
from codegen.diff.markdown import markdown
from codegen.diff.operations import DocumentComparison
from codegen.diff.report import Report
from ruamel.yaml import YAML

from helpers.command import Outcome

ROOT = Path(__file__).parents[3]

Change = Callable[[Any], object]
Diff = Callable[..., Outcome]

TEXT = (ROOT / "openapi.yaml").read_text(encoding="utf-8")
SPEC = YAML(typ="safe", pure=True).load(TEXT)


def schema(document: Any, name: str) -> Any:
    """A schema of the document."""
    return document["components"]["schemas"][name]


def width(document: Any, minimum: int = 512) -> None:
    """Raises the minimum width."""
    schema(document, "PredictionInput")["properties"]["width"]["minimum"] = minimum


def words(document: Any) -> None:
    """Changes the description of the width."""
    schema(document, "PredictionInput")["properties"]["width"]["description"] = "How wide"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the document and a version."""
    (tmp_path / "openapi.yaml").write_text(TEXT, encoding="utf-8")
    (tmp_path / VERSION).parent.mkdir(parents=True)
    (tmp_path / VERSION).write_text('__version__ = "0.1.0"\n', encoding="utf-8")
    return tmp_path


@pytest.fixture
def change(project: Path) -> Callable[[Change], Path]:
    """Changes the document, and keeps the old one beside it."""

    def write(change: Change) -> Path:
        document = copy.deepcopy(SPEC)
        change(document)
        (project / "openapi.yaml").write_text(json.dumps(document), encoding="utf-8")
        (project / "old.yaml").write_text(TEXT, encoding="utf-8")
        return project / "old.yaml"

    return write


@pytest.fixture
def diff(project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Diff:
    """Runs the command in the folder."""
    monkeypatch.chdir(project)

    def run(*arguments: str | Path, root: Path = project) -> Outcome:
        code = main(list(map(str, arguments)), root)
        captured = capsys.readouterr()
        return Outcome(code, captured.out, captured.err)

    return run


def test_document__that_is_unchanged(diff: Diff) -> None:
    """The report says so, and proposes no version."""
    outcome = diff("openapi.yaml")
    assert (outcome.code, outcome.out) == (0, "openapi.yaml is unchanged since openapi.yaml.\n")
    report = diff("openapi.yaml", "--json").json
    assert (
        report["unchanged"] is True
        and report["changes"] == []
        and report["next_version"] is report["changelog"] is None
    )


def test_document__that_is_written_differently(diff: Diff, change: Callable[[Change], Path]) -> None:
    """A component with another name changes the document, but not its meaning."""

    def rename(document: Any) -> None:
        schemas = document["components"]["schemas"]
        schemas["Key"] = schemas.pop("WebhookSecret")
        answer = document["paths"]["/webhooks/default/secret"]["get"]["responses"]["200"]
        answer["content"]["application/json"]["schema"] = {"$ref": "#/components/schemas/Key"}

    outcome = diff(change(rename))
    assert outcome.code == 0
    assert "is written differently from" in outcome.out and "nothing changes for callers or readers" in outcome.out


def test_change__that_breaks_callers(diff: Diff, change: Callable[[Change], Path]) -> None:
    """A breaking change is reported at its place, with the next version and an entry for the changelog."""
    outcome = diff(change(width))
    assert (outcome.code, outcome.err) == (1, "")
    assert outcome.out.splitlines()[1:] == [
        "",
        "Breaks callers, who send requests:",
        "  POST /predictions, body, input.width: minimum 256 -> 512",
        "",
        "Next version: 0.2.0 (now 0.1.0).",
        "",
        "For CHANGELOG.md:",
        "",
        "## [Unreleased]",
        "",
        "Becomes 0.2.0.",
        "",
        "### Changed",
        "",
        "- `POST /predictions, body, input.width`: minimum 256 -> 512. Breaks callers.",
    ]
    assert outcome.out.startswith("From ") and ": 1 change, 1 of them breaking.\n" in outcome.out


def test_change__of_a_description_is_not_breaking(diff: Diff, change: Callable[[Change], Path]) -> None:
    """A description is reported last, and requires no more than a patch."""
    outcome = diff(change(words))
    assert outcome.code == 0
    assert "Not breaking:\n  POST /predictions, body, input.width: description changed" in outcome.out
    assert "Next version: 0.1.1" in outcome.out
    assert "- `openapi.yaml`: descriptions and other annotations." in outcome.out


def test_change__as_json(diff: Diff, change: Callable[[Change], Path]) -> None:
    """The report as JSON has the same exit code."""

    def both(document: Any) -> None:
        words(document)
        width(document)

    outcome = diff(change(both), "--json")
    assert outcome.code == 1
    where = "POST /predictions, body, input.width"
    assert outcome.json["changes"] == [
        {"where": where, "what": "minimum 256 -> 512", "breaks": "callers", "kind": "changed", "places": [where]},
        {"where": where, "what": "description changed", "breaks": None, "kind": "words", "places": [where]},
    ]
    assert outcome.json["breaks"] is True and outcome.json["next_version"] == "0.2.0"
    assert outcome.json["changelog"].startswith("## [Unreleased]\n\nBecomes 0.2.0.")


def test_change__as_markdown(diff: Diff, change: Callable[[Change], Path]) -> None:
    """The table for a pull request has a verdict, the places, the change and the reason; the exit code is the same."""

    def both(document: Any) -> None:
        words(document)
        width(document)
        schema(document, "Prediction")["properties"]["logs"]["type"] = ["string", "null", "integer"]

    outcome = diff(change(both), "--format", "markdown")
    assert (outcome.code, outcome.err) == (1, "")
    head, _, end = outcome.out.partition("| verdict | place | change | why |\n|---|---|---|---|\n")
    assert head.startswith("### `openapi.yaml`: 3 changes, 2 of them breaking\n\nCompared with `")
    rows, _, end = end.partition("\n\n")
    callers, readers, wording = rows.splitlines()
    assert callers == (
        "| **breaks callers** | `POST /predictions, body, input.width` | `minimum 256 -> 512` "
        "| A request that was valid so far may be refused. |"
    )
    assert readers.startswith("| **breaks readers** | `Prediction.logs`<br>`GET /predictions, response 200, ")
    assert wording.endswith("| `description changed` | It describes the API and does not change it. |")
    assert end.startswith("Next version: **0.2.0** (now 0.1.0).\n\n<details><summary>For CHANGELOG.md</summary>\n")
    assert "\n~~~~markdown\n## [Unreleased]\n" in end and end.endswith("\n~~~~\n\n</details>\n")


def test_change__as_markdown_of_none(diff: Diff) -> None:
    """Without changes, there is no table."""
    outcome = diff("openapi.yaml", "--format", "markdown")
    assert outcome.out.startswith("### `openapi.yaml`: no changes\n\nopenapi.yaml is unchanged") and outcome.code == 0


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a|b", "`a\\|b`"),
        ("a `b` c", "``a `b` c``"),
        ("`a`", "`` `a` ``"),
        ("a\n | @b <c> *d* [e](f)", "`a \\| @b <c> *d* [e](f)`"),
    ],
)
def test_markdown__is_not_taken_from_values(text: str, written: str) -> None:
    """A value from the document cannot end a cell or a line, mention a user or be a link."""
    table = markdown(Report("a", "b", False, [row(what=text)], (0, 1, 0)))
    [line] = [line for line in table.splitlines() if line.startswith("| not breaking")]
    assert line.split(" | ", 2)[2].startswith(f"{written} | ")


def test_markdown__fits_into_a_comment() -> None:
    """GitHub refuses a longer text, so that the last changes are counted."""
    table = markdown(Report("a", "b", False, [row(what=f"{number} {'y' * 500}") for number in range(200)], (0, 1, 0)))
    assert len(table) <= 65_000 and "more changes do not fit here; `make spec-diff` lists all." in table
    listed = table.count("| not breaking |")
    assert 50 < listed < 200 and f"\n{200 - listed} more changes" in table


def test_change__of_a_shared_response_field_is_reported_once(diff: Diff, change: Callable[[Change], Path]) -> None:
    """A field that a prediction loses is one row, and below it one line for all equal responses of an operation."""
    outcome = diff(change(lambda document: schema(document, "Prediction")["properties"].pop("logs")))
    assert outcome.code == 1
    rows = outcome.out[outcome.out.index("Breaks readers") : outcome.out.index("Next version")]
    assert rows.strip().splitlines() == [
        "Breaks readers of responses and webhooks:",
        "  Prediction.logs: removed",
        "      GET /predictions, response 200, results[].logs",
        "      POST /predictions, response 200, [].logs",
        "      POST /predictions, response 200/201/202, logs",
        "      POST /predictions, webhook predictionEvent, body, logs",
        "      GET /predictions/{prediction_id}, response 200, logs",
        "      POST /predictions/{prediction_id}/cancel, response 200, logs",
    ]


@pytest.mark.parametrize(
    ("change_", "expected"),
    [
        (lambda d: schema(d, "PredictionStatus")["enum"].append("paused"), ("PredictionStatus", None)),
        (lambda d: schema(d, "Prediction")["required"].remove("status"), ("Prediction.status", "readers")),
        (lambda d: schema(d, "WebhookSecret")["properties"].pop("key"), (None, "readers")),
        (lambda d: schema(d, "CreatePredictionRequest")["properties"].pop("stream"), (None, "callers")),
        (lambda d: schema(d, "Problem")["properties"]["detail"].update(type="string"), ("Problem.detail", None)),
        (lambda d: d["paths"]["/predictions"].pop("get"), ("GET /predictions", "callers")),
        (lambda d: d["components"]["parameters"]["Prefer"].update(required=True), (None, "callers")),
    ],
    ids=["open list", "required name", "field of an answer", "field of a request", "null", "operation", "parameter"],
)
def test_change__of_this_document(
    diff: Diff, change: Callable[[Change], Path], change_: Change, expected: tuple[str | None, str | None]
) -> None:
    """Likely changes of the real document get the right verdict."""
    outcome = diff(change(change_), "--json")
    [row] = outcome.json["changes"]
    assert row["breaks"] == expected[1] and expected[0] in (None, row["where"])
    assert outcome.code == (1 if expected[1] else 0)


def test_spec__can_be_another_file(diff: Diff, project: Path) -> None:
    """The newer version is the given file."""
    document = copy.deepcopy(SPEC)
    width(document, 128)
    (project / "next.yaml").write_text(json.dumps(document), encoding="utf-8")
    outcome = diff("openapi.yaml", "--spec", "next.yaml")
    assert outcome.code == 0
    assert outcome.out.startswith("From openapi.yaml to next.yaml: 1 change, none of them breaking.")


def test_document__with_bare_status_codes(diff: Diff, project: Path) -> None:
    """A status that YAML reads as a number equals one in quotes."""
    (project / "bare.yaml").write_text(TEXT.replace('"200":', "200:"), encoding="utf-8")
    assert diff("bare.yaml").out == "openapi.yaml is unchanged since bare.yaml.\n"


def git(folder: Path, *arguments: str) -> None:
    """Runs git with an identity."""
    identity = ("-c", "user.name=a", "-c", "user.email=a@b.test", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", folder, *identity, *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder as a git repository: first without the document, then with it, then with a larger minimum width."""
    if not shutil.which("git"):
        pytest.skip("needs git")
    monkeypatch.delenv("GIT_DIR", raising=False)
    git(project, "init", "--quiet")
    git(project, "add", VERSION)
    git(project, "commit", "--quiet", "--message", "begin")
    git(project, "tag", "empty")
    git(project, "add", "openapi.yaml")
    git(project, "commit", "--quiet", "--message", "describe")
    git(project, "branch", "feature/one")
    return project


@pytest.mark.parametrize("ref", ["HEAD", "feature/one", "HEAD~1"])
def test_base__is_a_git_ref(diff: Diff, repository: Path, ref: str) -> None:
    """The older version is read from git, whether or not the newer one is committed."""
    document = copy.deepcopy(SPEC)
    width(document)
    (repository / "openapi.yaml").write_text(json.dumps(document), encoding="utf-8")
    if ref == "HEAD~1":
        git(repository, "commit", "--quiet", "--all", "--message", "wider")
    outcome = diff(ref)
    assert outcome.code == 1
    assert outcome.out.startswith(f"From {ref} to openapi.yaml: 1 change") and "minimum 256 -> 512" in outcome.out


def test_base__in_a_folder_of_a_repository(diff: Diff, repository: Path) -> None:
    """The project may be a folder of the repository."""
    inner = repository / "inner"
    inner.mkdir()
    shutil.copy(repository / "openapi.yaml", inner)
    shutil.copytree(repository / "wrapper", inner / "wrapper")
    git(repository, "rm", "--quiet", "--cached", "openapi.yaml")
    git(repository, "add", "inner")
    git(repository, "commit", "--quiet", "--message", "move")
    assert diff("HEAD", root=inner).code == 0
    assert diff("HEAD").code == 2


@pytest.mark.parametrize(
    ("base", "reason"),
    [("nowhere", "nowhere"), ("empty", "exists on disk"), ("--output=x", "neither a file nor a git ref")],
)
def test_base__that_git_does_not_know(diff: Diff, repository: Path, base: str, reason: str) -> None:
    """A ref that does not exist and a ref without the document are different errors."""
    outcome = diff("--", base)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.count("\n") == 1 and reason in outcome.err and "name one, such as HEAD or main" in outcome.err
    assert not (repository / "x").exists()


def test_base__without_git(diff: Diff, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files can be compared without git."""
    monkeypatch.setenv("PATH", "")
    outcome = diff("HEAD")
    assert (outcome.code, outcome.err) == (
        2,
        "git is not installed, so HEAD cannot be read; install it, or name a file.\n",
    )
    assert diff("openapi.yaml").code == 0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: [", "not a valid OpenAPI document"),
        ("", "not an OpenAPI 3.1 document"),
        ("- openapi", "not an OpenAPI 3.1 document"),
        ("openapi: 3.0.3", "not an OpenAPI 3.1 document"),
        ("a: 1\na: 2", "(the key 'a' appears twice in line 2, column 1)"),
        ("a:\n\t- 2", "(a tab indents, where YAML allows spaces alone, in line 2, column 1)"),
        ("openapi: 3.1.0", '"info" is a required property, at $'),
        (TEXT.replace("schemas/WebhookSecret", "schemas/Nowhere"), "/components/schemas/Nowhere does not exist"),
        (TEXT.replace("minimum: 256", "minimum: wide"), "'wide' is not of type 'number', at $"),
        ("\0", "not a valid OpenAPI document"),
    ],
    ids=[
        "no YAML",
        "nothing",
        "a list",
        "an older version",
        "twice a key",
        "a tab",
        "no paths",
        "a dead end",
        "no number",
        "NUL",
    ],
)
@pytest.mark.parametrize("side", ["base", "spec"])
def test_file__that_is_no_document(diff: Diff, project: Path, text: str, reason: str, side: str) -> None:
    """A file that is no document is refused in one sentence that names it, never with a traceback."""
    (project / "bad.yaml").write_text(text, encoding="utf-8")
    outcome = diff(*(("bad.yaml",) if side == "base" else ("openapi.yaml", "--spec", "bad.yaml")))
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("bad.yaml is ") and reason in outcome.err and outcome.err.count("\n") == 1


def recursive(**schemas: Any) -> Change:
    """Adds schemas to the document, and a field of that named A."""

    def change(document: Any) -> None:
        document["components"]["schemas"].update(schemas)
        schema(document, "CreatePredictionRequest")["properties"]["more"] = {"$ref": "#/components/schemas/A"}

    return change


A, B = ({"$ref": f"#/components/schemas/{name}"} for name in "AB")


@pytest.mark.parametrize(
    "schemas",
    [
        {"A": {"allOf": [A, {"type": "object"}]}},
        {"A": {"allOf": [B]}, "B": {"allOf": [A]}},
        {"A": {"oneOf": [B], "discriminator": {"propertyName": "x"}}, "B": {"allOf": [A, {"required": ["x"]}]}},
        {"A": {"allOf": [B, {"properties": {"c": A}}]}, "B": {"type": "object", "properties": {"c": B}}},
    ],
    ids=["itself", "each other", "base and derived", "a field of both"],
)
def test_schema__that_refers_to_itself_through_all_of(
    diff: Diff, change: Callable[[Change], Path], schemas: dict[str, Any]
) -> None:
    """Recursion through allOf is compared like any other, and a new optional field breaks no client."""
    outcome = diff(change(recursive(**schemas)))
    assert (outcome.code, outcome.err) == (0, "")
    assert "Not breaking:\n  POST /predictions, body, more: new optional field\n" in outcome.out


def test_schema__that_is_nothing_but_a_reference_to_itself(diff: Diff, change: Callable[[Change], Path]) -> None:
    """A document that cannot be read is trouble, which is not the exit code of a breaking change."""
    outcome = diff(change(recursive(A=A)))
    assert (outcome.code, outcome.out) == (2, "") and outcome.err.count("\n") == 1
    assert "a schema refers to itself without an end" in outcome.err


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (RecursionError("deep"), "The schemas are nested too deeply to be compared; flatten them first.\n"),
        (
            KeyError("x"),
            "The versions cannot be compared (KeyError: 'x'); this is a fault of spec-diff.\n",
        ),
    ],
)
def test_fault__is_not_a_breaking_change(
    diff: Diff, monkeypatch: pytest.MonkeyPatch, error: Exception, sentence: str
) -> None:
    """Whatever goes wrong has the exit code 2 and one sentence; Python's own exit code would mean a breaking change."""

    def fail(self: DocumentComparison) -> None:
        raise error

    monkeypatch.setattr(DocumentComparison, "compare", fail)
    outcome = diff("openapi.yaml")
    assert (outcome.code, outcome.out, outcome.err) == (2, "", sentence)


def test_operation__without_an_id(diff: Diff, change: Callable[[Change], Path]) -> None:
    """A document without an operationId can be compared, even though no client can be generated from it."""
    outcome = diff(change(lambda document: document["paths"]["/predictions"]["post"].pop("operationId")))
    assert (outcome.code, outcome.err) == (0, "") and "operationId changed" in outcome.out


def test_file__that_is_missing_or_no_text(diff: Diff, project: Path) -> None:
    """A newer version that cannot be read is refused, whatever the reason."""
    (project / "bytes.yaml").write_bytes(b"\xff\xfe")
    for name in ("missing.yaml", "bytes.yaml", "."):
        outcome = diff("openapi.yaml", "--spec", name)
        assert outcome.code == 2 and outcome.err.startswith(f"{name} cannot be read (") and outcome.err.count("\n") == 1
        assert "Errno" not in outcome.err


@pytest.mark.parametrize("text", ['__version__ = "next"', '__version__ = "1.2"', ""])
def test_version__without_three_numbers(diff: Diff, project: Path, text: str) -> None:
    """No version is proposed after one that cannot be incremented."""
    (project / VERSION).write_text(text, encoding="utf-8")
    outcome = diff("openapi.yaml")
    assert outcome.code == 2 and "write one as 1.2.3" in outcome.err and outcome.err.count("\n") == 1


def row(kind: Kind = "changed", breaks: Party | None = None, what: str = "x") -> ChangeGroup:
    """A change."""
    return ChangeGroup("GET /", what, breaks, kind, ("GET /",))


@pytest.mark.parametrize(
    ("version", "told", "following"),
    [
        ((0, 1, 4), [row(breaks="callers")], "0.2.0"),
        ((0, 1, 4), [row(breaks="readers"), row("added")], "0.2.0"),
        ((0, 1, 4), [row("added")], "0.1.5"),
        ((0, 1, 4), [row("default")], "0.1.5"),
        ((0, 1, 4), [row("words")], "0.1.5"),
        ((1, 2, 3), [row(breaks="callers")], "2.0.0"),
        ((1, 2, 3), [row("added"), row()], "1.3.0"),
        ((1, 2, 3), [row("default")], "1.2.4"),
        ((1, 2, 3), [], None),
    ],
)
def test_version__follows_from_what_breaks(
    version: tuple[int, int, int], told: list[ChangeGroup], following: str | None
) -> None:
    """Below 1.0 a break raises the minor part and all else the patch part; above, versions are semantic."""
    assert Report("a", "b", False, told, version).next_version == following


def test_changelog__is_sorted_and_fits() -> None:
    """Additions, changes and removals have headings, descriptions have no entry, and no line is too long."""
    changes = [row("removed", "callers"), row("default", what="y " * 80), row("words"), row("added"), row("changed")]
    entry = str(Report("a", "b", False, changes, (0, 1, 0)).changelog)
    headings = [line for line in entry.splitlines() if line.startswith("#")]
    assert headings == ["## [Unreleased]", "### Added", "### Changed", "### Removed"]
    assert entry.count("\n- ") == 4 and max(map(len, entry.splitlines())) <= 120
    assert entry.endswith("### Removed\n\n- `GET /`: x. Breaks callers.")


@pytest.mark.parametrize("value", ["a" * 150, "-".join(["ab"] * 30)], ids=["long", "hyphens"])
def test_changelog__keeps_values_whole(value: str) -> None:
    """A value is never broken over lines, so that it can be searched for."""
    entry = Report("a", "b", False, [row(what=f"{'y ' * 30}{value} z")], (0, 1, 0)).changelog
    assert value in str(entry)


def test_command__is_a_module() -> None:
    """It runs as `make` runs it, and compares its own document."""
    command = [sys.executable, "-m", "codegen.diff", str(ROOT / "openapi.yaml")]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("openapi.yaml is unchanged since ")


def test_command__with_a_closed_pipe() -> None:
    """A pipe that its reader closes, such as `head`, is no error."""
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "codegen.diff", str(ROOT / "openapi.yaml")]
    with os.fdopen(writer, "wb") as pipe:
        result = subprocess.run(command, cwd=ROOT, stdout=pipe, stderr=subprocess.PIPE, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")


def test_command__without_a_base(diff: Diff) -> None:
    """An invalid command line has the exit code of misuse."""
    with pytest.raises(SystemExit) as caught:
        diff()
    assert caught.value.code == 2


@pytest.mark.parametrize(
    "line", ["x-a: {2020-01-01: 1}", "x-a: .nan", 'x-a: "\\ud800"'], ids=["date as a key", "nan", "half a character"]
)
def test_document__that_json_cannot_hold(diff: Diff, project: Path, line: str) -> None:
    """The fault is the document's, said in one sentence."""
    (project / "new.yaml").write_text(f"{TEXT}\n{line}\n", encoding="utf-8")
    outcome = diff("openapi.yaml", "--spec", "new.yaml")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("new.yaml is not a valid OpenAPI document (") and outcome.err.count("\n") == 1
