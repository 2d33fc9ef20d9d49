"""The page of the mock server's settings, from `ServerOptions`."""

from __future__ import annotations

import dataclasses

import griffe

from zeroscope.cli.app import app
from zeroscope_mock.settings import Settings

from .api import definition
from .schemas import cell, code

_INTRODUCTION = """# Settings of the mock server

`MockServer` takes these settings as keyword arguments, the command `zeroscope mock` as
[options](command.md#zeroscope-mock), and the marker of the [pytest plugin](../testing-with-pytest.md) as
`@pytest.mark.zeroscope(…)`. All have defaults.

| setting | default | meaning |
|---|---|---|
"""


def settings_page() -> str:
    """The settings with their defaults, meanings, types and options."""
    options = {argument.field_info.name: argument.names for argument in app["mock"].assemble_argument_collection()}
    defaults = {field.name: field.default for field in dataclasses.fields(Settings)}
    rows = []
    for name, setting in definition("zeroscope_mock.ServerOptions").all_members.items():
        setting = setting.final_target if isinstance(setting, griffe.Alias) else setting
        if isinstance(setting, griffe.Attribute) and setting.docstring is not None:
            # An option that may be repeated has the singular as its name.
            named = {option: None for known in (name, name.removesuffix("s")) for option in options.get(known, ())}
            details = [f"Type: {code(str(setting.annotation))}."]
            if named:
                details.append(f"Option: {', '.join(map(code, named))}.")
            default = code(repr(defaults[name])) if name in defaults else ""
            rows.append(f"| `{name}` | {default} | {cell('<br>'.join([setting.docstring.value, *details]))} |")
    return _INTRODUCTION + "\n".join(rows) + "\n"
