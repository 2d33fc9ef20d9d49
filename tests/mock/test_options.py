"""The options of a server, listed once for constructor, marker and settings."""

from __future__ import annotations

from dataclasses import fields
from typing import Unpack, get_type_hints

import pytest

from zeroscope_mock import MockServer
from zeroscope_mock.options import OPTION_NAMES, ServerOptions
from zeroscope_mock.settings import CoreOptions, Settings


def test_core_options__are_the_settings() -> None:
    """Both have the same names and types; the settings add the defaults."""
    hints = get_type_hints(Settings)
    options = get_type_hints(CoreOptions)

    assert [field.name for field in fields(Settings)] == list(options)
    assert {name for name in options if hints[name] != options[name]} == {
        "dialect",
        "blocking",
        "expired_wait",
        "deployment_names",
    }


def test_options__are_named_and_described_for_users() -> None:
    """The constructor's docstring names each option."""
    described = MockServer.__doc__ or ""

    assert len(OPTION_NAMES) == 30
    assert [name for name in sorted(OPTION_NAMES) if f"`{name}`" not in described] == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("sed", r"MockServer has no option 'sed'; did you mean 'seed'\?"),
        (
            "zzz",
            "MockServer has no option 'zzz'; there are account, allow_hosts, any_model, blocking, clock, control, cors",
        ),
    ],
)
def test_options__that_are_unknown(name: str, message: str) -> None:
    """The error suggests the option that was likely meant."""
    with pytest.raises(TypeError, match=message):
        MockServer(**{name: 1})  # type: ignore[arg-type]  # the mistake is meant


def test_options__are_typed() -> None:
    """Type checkers know the names and types, also of functions that pass them on."""

    def make(**options: Unpack[ServerOptions]) -> MockServer:
        return MockServer(**options)

    assert make(seed=7, dialect="published").core.state.settings.seed == 7
    with pytest.raises(ValueError, match="the seed must be an integer"):
        make(seed="7")  # type: ignore[arg-type]  # the mistake is meant
    with pytest.raises(TypeError, match="no option 'sed'"):
        make(sed=7)  # type: ignore[call-arg]  # the mistake is meant
