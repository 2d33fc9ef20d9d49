"""An invalid field of a request, in the service's form."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InvalidField:
    """One thing that is wrong with a request.

    Args:
        type: The service's word for the kind of error, such as `number_lte`.
        field: The path of the field, such as `input.width`; for a missing or an unknown field that of its parent, which
            is empty for the body itself.
        description: The error in words.
    """

    type: str
    field: str
    description: str

    def line(self) -> str:
        """The error as a line of the problem's detail."""
        return f"- {self.field}: {self.description}\n" if self.field else f"- {self.description}\n"
