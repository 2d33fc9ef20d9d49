"""Rules of the document itself, under the names of schemathesis where it has them."""

from __future__ import annotations

from .conditions import has_response_key
from .rule import Rule

RULES = (
    Rule(
        "always-answered",
        "Every request gets a response: no connection is cut.",
        "The service may have billed a create that got no response.",
    ),
    Rule(
        "not-a-server-error",
        "No request, however malformed, gets a 5xx response.",
        "Clients retry after a 5xx or give up; a bad request needs an error that says what is wrong with it.",
    ),
    Rule(
        "status-code-conformance",
        "Every status code is documented for its operation.",
        "Generated clients handle no others.",
    ),
    Rule(
        "content-type-conformance",
        "Every content type is documented for its response.",
        "An HTML page in place of JSON breaks the parser and never reaches the error handling.",
    ),
    Rule(
        "response-headers-conformance",
        "Response headers match their description in the document.",
        "Clients compute their pauses from them.",
        applies_to=has_response_key("headers"),
    ),
    Rule(
        "response-schema-conformance",
        "Every response body is valid against its schema.",
        "A property that is missing or of another type raises an unexpected exception in the client.",
    ),
    Rule(
        "negative-data-rejection",
        "Requests that the document forbids are refused.",
        "Otherwise a mistake is discovered only after it has been paid for.",
    ),
    Rule(
        "positive-data-acceptance",
        "Requests that the document allows are accepted.",
        "Otherwise a program that follows the document still fails.",
    ),
    Rule(
        "unsupported-method",
        "A method that the document does not have gets a 405 with `Allow`.",
        "The response to a mistyped method should say that the method is wrong.",
    ),
    Rule(
        "ensure-resource-availability",
        "The document's links lead from a created prediction to that prediction.",
        "Clients follow them after a create.",
        applies_to=has_response_key("links"),
    ),
    Rule(
        "ignored-auth",
        "Operations that require a token refuse requests without a valid one.",
        "Otherwise anyone who knows an id sees its prompt and videos, and can spend the account's money.",
    ),
)
