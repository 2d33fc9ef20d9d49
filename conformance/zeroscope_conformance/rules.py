"""Every rule that a server is held to, with what it demands and why.

Each is a fact of the service that users build on; docs/conformance.md tells them to people.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from .document import Document

DialectName = Literal["live", "published"]


def _always(document: Document) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that a server is held to.

    Args:
        name: what reports call it.
        says: what it demands.
        why: what breaks for users where it is not kept.
        needs: whether a document gives occasion for it.
        dialects: in which ways of speaking it is to be kept.
    """

    name: str
    says: str
    why: str
    needs: Callable[[Document], bool] = _always
    dialects: frozenset[DialectName] = frozenset({"live", "published"})


def _of_fields(*keywords: str) -> Callable[[Document], bool]:
    def needs(document: Document) -> bool:
        schemas = [document.deref(schema) for schema in document.input["properties"].values()]
        return any(keyword in schema for schema in schemas for keyword in keywords)

    return needs


def _closed(document: Document) -> bool:
    return document.create_body.get("additionalProperties") is False


def _failing(document: Document) -> bool:
    return document.failing_input is not None


def _shaped(document: Document) -> bool:
    return bool(document.shape)


def _takes(header: str) -> Callable[[Document], bool]:
    def needs(document: Document) -> bool:
        named = (document.deref(one) for one in document.operations["createPrediction"].raw.get("parameters", []))
        return header in {parameter["name"] for parameter in named}

    return needs


def _limited(document: Document) -> bool:
    # Only where a run can be asked to be slow can it be seen to be cut short.
    return _takes("Cancel-After")(document) and document.steered_input("slow") != document.required_input


def _signs(document: Document) -> bool:
    return "getDefaultWebhookSecret" in document.operations


def _hooks(document: Document) -> bool:
    return "webhook" in document.create_body["properties"]


def _headers_described(document: Document) -> bool:
    return any(
        "headers" in document.deref(answer)
        for operation in document.operations.values()
        for answer in operation.raw["responses"].values()
    )


def _linked(document: Document) -> bool:
    return any(
        "links" in document.deref(answer)
        for operation in document.operations.values()
        for answer in operation.raw["responses"].values()
    )


_LIVE: Any = frozenset({"live"})

RULES: tuple[Rule, ...] = (
    # The document itself; schemathesis makes the requests and judges the answers, and so does every other request.
    Rule(
        "always-answered",
        "Every request is answered: no connection is cut.",
        "A create without an answer may have been paid for.",
    ),
    Rule(
        "not-a-server-error",
        "No request, however odd, is answered with a 5xx.",
        "Clients repeat a 5xx or give up; a bad request deserves to be told what is bad about it.",
    ),
    Rule(
        "status-code-conformance",
        "Every status code is one that the document has for the operation.",
        "Generated clients know no others.",
    ),
    Rule(
        "content-type-conformance",
        "Every content type is one that the document has for the answer.",
        "An HTML page where JSON was promised breaks the parser, not the program's error handling.",
    ),
    Rule(
        "response-headers-conformance",
        "The headers that the document describes are as described.",
        "Pauses are worked out from them.",
        needs=_headers_described,
    ),
    Rule(
        "response-schema-conformance",
        "Every body is valid by its schema.",
        "A name that is missing or of another type raises where nobody expects it.",
    ),
    Rule(
        "negative-data-rejection",
        "What the document forbids is refused.",
        "Else a mistake is found out after it was paid for.",
    ),
    Rule(
        "positive-data-acceptance",
        "What the document allows is accepted.",
        "Else a program that was checked against the document fails all the same.",
    ),
    Rule(
        "unsupported-method",
        "Methods that the document does not have are answered with 405 and Allow.",
        "A typing error should look like one.",
    ),
    Rule(
        "ensure-resource-availability",
        "The document's links lead from a created prediction to that prediction.",
        "They are how a client goes on from a create.",
        needs=_linked,
    ),
    Rule(
        "ignored-auth",
        "Operations that want a token do not answer without a valid one.",
        "Whoever knows an id would see its prompt and videos, and spend the account's money.",
    ),
    # Tokens and refusals.
    Rule(
        "no-token-401",
        "Without a token, every protected operation answers 401.",
        "Clients tell from the 401 that the token is missing, and do not try again.",
    ),
    Rule(
        "wrong-token-401",
        "With a token that nobody was given, every protected operation answers 401.",
        "As without one.",
    ),
    Rule(
        "token-kept",
        "No answer shows the token that was sent.",
        "Answers are logged, shown and passed on.",
    ),
    Rule(
        "unknown-id-404",
        "An id that does not exist is answered with 404.",
        "A 200 would be somebody else's prediction, a 5xx would be waited out.",
    ),
    Rule(
        "refusals-are-problems",
        "Refusals are problem documents with a detail, and the status they bear.",
        "The detail is all that a user is told.",
    ),
    Rule(
        "refusal-names-field",
        "A 422 for a value names the field in `invalid_fields`.",
        "Fourteen fields, and one is wrong: which?",
    ),
    # Inputs.
    Rule(
        "bounds-enforced",
        "Each bound is allowed, and the nearest value beyond it is refused.",
        "A bound that is off by one, or ignored, is paid for.",
        needs=_of_fields("minimum", "maximum"),
    ),
    Rule(
        "enum-enforced",
        "Each choice is allowed, and what is no choice is refused.",
        "A misspelled model would run another one.",
        needs=_of_fields("enum"),
    ),
    Rule("types-enforced", "Values of another type are refused.", "Guessed conversions differ from server to server."),
    Rule(
        "required-enforced",
        "Required names that are missing are refused.",
        "Without them nobody knows what is to run.",
    ),
    Rule(
        "unknown-names-refused",
        "Names that the request does not have are refused.",
        "A misspelled `webhook` would be waited for in vain.",
        needs=_closed,
    ),
    # From creation to the end.
    Rule(
        "created-readable",
        "A created prediction can be read at once under its id.",
        "Polling begins right after the create.",
    ),
    Rule("input-echoed", "A prediction shows its input as it was sent.", "It is how a lost create is found again."),
    Rule(
        "facts-stay",
        "A prediction's version, input and time of creation never change.",
        "Lists are ordered by them, and lost creates are found by them.",
    ),
    Rule(
        "status-forward",
        "A status only moves forward: starting, processing, an end.",
        "Programs act on a status once.",
    ),
    Rule("logs-grow", "Logs are only added to.", "Progress is read from their end, and shown by what was added."),
    Rule("prediction-ends", "A prediction ends within the service's limit of a run.", "Every wait has an end."),
    Rule("final-is-final", "A status that is an end stays.", "Nobody looks again after the end."),
    Rule("final-is-stable", "A prediction that has ended reads the same every time.", "As above."),
    Rule(
        "succeeded-has-output",
        "What succeeded has an output and no error.",
        "A video is what was paid for.",
    ),
    Rule(
        "failed-has-error",
        "What failed has an error.",
        "Without one nobody knows what to do next.",
        needs=_failing,
    ),
    Rule(
        "times-ordered",
        "Created, started, completed come in this order; what succeeded or failed has all three, what runs no end.",
        "Durations, and with them bills, are worked out from them.",
    ),
    Rule("cancel-ends", "Cancelling what runs ends it as canceled.", "What is not ended goes on costing money."),
    Rule(
        "cancel-repeatable",
        "Cancelling again, or what has ended, answers the same and changes nothing.",
        "Clients repeat a cancel whose answer was lost.",
    ),
    Rule("urls-answer", "Every address in `urls` answers.", "Programs follow them instead of making their own."),
    Rule(
        "prefer-waits",
        "`Prefer: wait` holds a create until the prediction has ended, and says that it did.",
        "Programs that ask for it do not poll.",
        needs=_takes("Prefer"),
        dialects=_LIVE,
    ),
    Rule(
        "cancel-after-ends",
        "`Cancel-After` ends a prediction that is not done by then.",
        "It is the limit to what a run may cost.",
        needs=_limited,
        dialects=_LIVE,
    ),
    # The list.
    Rule("list-newest-first", "The list is ordered by creation, newest first.", "Its first page is where one looks."),
    Rule(
        "list-complete",
        "Over all pages every prediction is listed exactly once.",
        "A lost create is looked for there, and paid for again if it is not found.",
    ),
    Rule(
        "list-links",
        "`next` and `previous` are absolute addresses on the same origin, and lead to the neighbouring pages.",
        "The token goes along to them.",
    ),
    Rule(
        "list-current",
        "The list shows each prediction as it is now, one just created first.",
        "Many predictions are watched by way of the list.",
    ),
    # What comes out.
    Rule("outputs-fetchable", "Every output can be fetched without a token.", "It is what was paid for."),
    Rule(
        "outputs-as-asked",
        "There are as many videos as asked for, of the size, length and frame rate asked for.",
        "As above.",
        needs=_shaped,
    ),
    # Webhooks.
    Rule(
        "webhook-arrives",
        "The end of a prediction is sent to its webhook.",
        "Programs that have a webhook do not poll.",
        needs=_hooks,
    ),
    Rule(
        "webhook-filtered",
        "Only the events asked for are sent.",
        "Each one costs the receiver work.",
        needs=_hooks,
    ),
    Rule(
        "webhook-signed",
        "Every delivery bears a signature that the account's secret proves, of this moment.",
        "Else anybody could send one.",
        needs=_signs,
    ),
    Rule("webhook-equals-get", "The last delivery is what GET answers.", "Receivers do not ask again.", needs=_hooks),
    Rule(
        "webhook-once",
        "An event that was received is not sent as another one.",
        "Receivers tell repeated deliveries by their `webhook-id`.",
        needs=_hooks,
    ),
    Rule(
        "webhook-retried",
        "The end is sent again, with the same id and body, when the receiver fails with a 503.",
        "Receivers are restarted now and then.",
        needs=_hooks,
    ),
)


def rules_for(document: Document, dialect: DialectName) -> list[Rule]:
    """The rules that a server of a document is held to."""
    return [rule for rule in RULES if dialect in rule.dialects and rule.needs(document)]
