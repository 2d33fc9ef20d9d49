"""The filter of a script: the model and the input of the predictions it is for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

_MODEL = re.compile(r"[^\s/:]+/[^\s/:]+(:[^\s/:]+)?")
_WILDCARDS = frozenset("*?[")


@dataclass(frozen=True, slots=True)
class ScriptFilter:
    """The conditions that a prediction must meet to follow a script.

    Args:
        model: The model as `owner/name`, or with a version as `owner/name:version`, in lower case; with wildcards, a
            pattern. None for every model.
        input: The fields that the input must have; None for every input.
    """

    model: str | None
    input: Mapping[str, Any] | None

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> ScriptFilter:
        """The filter that the keys `model` and `input` of a script make."""
        model = values.get("model")
        return cls(None if model is None else model.lower(), values.get("input"))

    @property
    def exact(self) -> bool:
        """Whether it names one model, or one version of it."""
        return self.model is not None and _WILDCARDS.isdisjoint(self.model)

    def matches(self, names: tuple[str, ...], sent: Mapping[str, Any]) -> bool:
        """Return whether a prediction meets the conditions.

        Args:
            names: Those that `model_names` returns for its model.
            sent: Its input as the client sent it.
        """
        if self.model is not None and not any(fnmatchcase(name, self.model) for name in names if self._fits(name)):
            return False
        return self.input is None or contains(sent, self.input)

    def _fits(self, name: str) -> bool:
        # `*` takes a colon as well, but a pattern without one is for models.
        assert self.model is not None
        return (":" in self.model) == (":" in name)


def model_names(model: str | None, version: str) -> tuple[str, ...]:
    """The names by which a filter may name a prediction's model, in lower case; none for a model without a name.

    Args:
        model: The model's owner and name, such as `owner/name`.
        version: The version's id, whose letters are lower-case.
    """
    if model is None:
        return ()
    lower = model.lower()
    return lower, f"{lower}:{version}"


def model_problem(model: str) -> str | None:
    """The reason why a text is not the `model` of a filter; None if it is."""
    if _MODEL.fullmatch(model):
        return None
    return f"a model is 'owner/name', 'owner/name:version' or a pattern such as 'owner/*', not {model!r:.80}"


def contains(value: Any, part: Any) -> bool:
    """Return whether a JSON value is another one, or an object with at least its fields.

    Objects within an object need only its fields, too, but lists are compared as a whole.
    """
    # A loop, because values may be nested more deeply than functions.
    pairs = [(value, part, True)]
    while pairs:
        value, part, partly = pairs.pop()
        if isinstance(part, dict):
            if not isinstance(value, dict) or not part.keys() <= value.keys():
                return False
            if not partly and len(part) < len(value):
                return False
            pairs += [(value[name], one, partly) for name, one in part.items()]
        elif isinstance(part, list):
            if not isinstance(value, list) or len(part) != len(value):
                return False
            pairs += [(one, other, False) for one, other in zip(value, part, strict=True)]
        # In Python, True is 1.
        elif value != part or isinstance(value, bool) != isinstance(part, bool):
            return False
    return True
