"""Records of the batch journal: their states, and the checksums that show damage."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

from .._service import secret_fields
from .._service.validation import NOT_JSON
from ..errors import invalid_argument

State: TypeAlias = Literal["queued", "sending", "running", "finished", "unknown"]

SCHEMA = (
    # The total of all checksums shows that a row is missing, or has come back in an earlier state.
    "CREATE TABLE settings (base_url BLOB, rows INTEGER, total BLOB, checksum BLOB)",
    # Rows are numbered from 1 without gaps. There is no index, which could be damaged as well.
    """CREATE TABLE items (row INTEGER PRIMARY KEY, digest BLOB, state TEXT, prediction_id BLOB, prediction BLOB,
        sent_at REAL, message BLOB, token BLOB, checksum BLOB)""",
)
_CHECKSUM_LENGTH = 16
_TOKEN_DIGEST_LENGTH = 4
_FURTHEST: Sequence[State] = ("finished", "running", "unknown", "sending", "queued")


class JournalEntry(NamedTuple):
    """The state of one create."""

    row: int
    """Its row in the journal, which the methods that record take."""
    state: State
    prediction_id: str | None
    prediction: dict[str, Any] | None
    """The prediction, once it has ended."""
    sent_at: float | None
    """When the create was sent, in seconds since 1970; None if it was not."""
    message: str | None
    """Why the outcome of the create is unknown, or was until its prediction was found."""
    is_same_token: bool = True
    """Whether the create was sent with the token of this run, if it was sent."""


class Claims(NamedTuple):
    """What the rows of a journal say about predictions that an unknown create may have started."""

    predictions: Mapping[str, float | None]
    """The predictions that rows have, by ID, and when their creates were sent, in seconds since 1970."""
    sent_at: Sequence[float]
    """When the creates of other rows were sent whose outcomes are unknown, in seconds since 1970."""


class Record(NamedTuple):
    """A row of the database without its checksum; text from outside is stored as bytes.

    JSON may hold half of a surrogate pair, which SQLite refuses in text.
    """

    row: int
    digest: bytes
    state: State
    prediction_id: bytes | None = None
    prediction: bytes | None = None
    sent_at: float | None = None
    message: bytes | None = None
    token: bytes | None = None
    """A digest of the token that the create was sent with."""

    def entry(self, token: bytes) -> JournalEntry:
        """Return the record as it is given out; a RecursionError says that its JSON is nested too deeply."""
        prediction = None if self.prediction is None else json.loads(self.prediction)
        return JournalEntry(
            self.row,
            self.state,
            to_text(self.prediction_id),
            prediction,
            self.sent_at,
            to_text(self.message),
            self.token in {None, token},
        )


def furthest(records: Sequence[Record], count: int) -> list[Record]:
    """Return some records of equal creates, in order.

    Where there are more than are asked for, the furthest ones are chosen: to leave out one that was paid for and run
    another in its place would cost money.
    """
    return sorted(sorted(records, key=lambda record: (_FURTHEST.index(record.state), record.row))[:count])


def checksum(values: Sequence[object]) -> bytes:
    """Return a checksum of values of a row; of different values or types it differs."""
    # The representation of each value shows where it ends.
    return hashlib.blake2b(repr(tuple(values)).encode(), digest_size=_CHECKSUM_LENGTH).digest()


def replace_in_total(total: bytes, before: bytes, after: bytes) -> bytes:
    """Return a total of checksums with one replaced; an empty one stands for none."""
    number: int = int.from_bytes(total, "big") - int.from_bytes(before, "big") + int.from_bytes(after, "big")
    return (number % (1 << 8 * _CHECKSUM_LENGTH)).to_bytes(_CHECKSUM_LENGTH, "big")


def digest(index: int, item: Mapping[str, Any]) -> bytes:
    """Return what identifies a create: inputs are stored as digests only, since files in them may be large."""
    try:
        written = json.dumps(dict(item), sort_keys=True, separators=(",", ":"))
    except NOT_JSON as error:
        reason = f"it cannot be recorded in a journal, as it does not consist of JSON values: {error}"
        raise invalid_argument(f"inputs.{index}", reason) from error
    return hashlib.sha256(written.encode()).digest()


def without_secrets(prediction: Mapping[str, Any], sent: Collection[str]) -> str:
    """Return a prediction as JSON, without secrets: those that were sent, and those of its input."""
    return json.dumps(secret_fields.without_secrets(prediction, sent))


def token_digest(token: str) -> bytes:
    """Return what shows whether two tokens are the same; it is too short to tell anything else of them."""
    return hashlib.blake2b(token.encode(), digest_size=_TOKEN_DIGEST_LENGTH, person=b"zeroscope").digest()


def to_bytes(text: str) -> bytes:
    """Return text as it is stored."""
    return text.encode(errors="surrogatepass")


def to_text(raw: bytes | None) -> Any:
    """Return stored text."""
    return None if raw is None else raw.decode(errors="surrogatepass")
