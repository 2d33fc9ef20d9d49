"""An invalid field of a request, in the service's form."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class InvalidField:
    """One thing that is wrong with a request.

    Args:
        type: The service's word for the kind of error, such as `number_lte`.
        field: The path of the field, such as `input.width`; for a missing or an unknown field that of its parent, which
            is empty for the body itself.
        description: The error in words.
        value: What was sent there, as JSON; None if nothing was. Responses have neither this nor what follows.
        relation: The end of a sentence that begins with the value, such as `< 256`; None if the description is short
            enough.
        place: The place in a document that forbids it: a JSON pointer behind the name of the document, if there is
            more than one.
    """

    type: str
    field: str
    description: str
    value: str | None = dataclasses.field(default=None, compare=False)
    relation: str | None = dataclasses.field(default=None, compare=False)
    place: str | None = dataclasses.field(default=None, compare=False)

    def line(self) -> str:
        """The error as a line of the problem's detail."""
        return f"- {self.field}: {self.description}\n" if self.field else f"- {self.description}\n"

    def within(self, document: str) -> InvalidField:
        """The error with the name of the document in its place."""
        return self if self.place is None else dataclasses.replace(self, place=f"{document}{self.place}")
