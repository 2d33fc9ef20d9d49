"""Validators of report formats: of HAR, and of SARIF by its official schema."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from compatibility.environments import ENVIRONMENTS

_ENVIRONMENT = ENVIRONMENTS["npm", "report-validators"]
_HAR = """
require("har-validator").har(values).catch(({ errors }) => { console.log(JSON.stringify(errors)); process.exit(1); });
"""
# The regular expressions of the schema are those of JavaScript, so Python's validators refuse it.
_SARIF = """
const schema = require("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json");
const ajv = new (require("ajv"))({ schemaId: "auto", logger: false });
ajv.addMetaSchema(require("ajv/lib/refs/json-schema-draft-04.json"));
if (!ajv.validate(schema, values)) { console.log(JSON.stringify(ajv.errors)); process.exit(1); }
"""


def har_errors(path: Path) -> str:
    """Return what har-validator finds wrong in a file, as JSON; empty if it is valid."""
    return _run(_HAR, path)


def sarif_errors(path: Path) -> str:
    """Return what is wrong in a file according to the schema of SARIF 2.1.0, as JSON; empty if it is valid."""
    return _run(_SARIF, path)


def _run(program: str, path: Path) -> str:
    if (missing := _ENVIRONMENT.missing()) is not None:
        pytest.skip(missing)
    read = 'const values = JSON.parse(require("node:fs").readFileSync(process.argv[1], "utf-8"));'
    command = ["node", "-e", read + program, str(path.resolve())]
    done = subprocess.run(command, cwd=_ENVIRONMENT.folder, capture_output=True, encoding="utf-8", check=False)
    assert done.stderr == "" and done.returncode == bool(done.stdout), done.stderr
    return done.stdout
