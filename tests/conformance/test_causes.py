"""The causes of failures, and the ids by which failures are known."""

from __future__ import annotations

from dataclasses import replace

import pytest

from helpers.failures import DOCUMENT, PREDICTION, TOKEN, exchange, make_results
from helpers.faulty_servers import MUTANTS, check_mutant
from zeroscope_conformance.causes import find_causes
from zeroscope_conformance.exchange import Exchange
from zeroscope_conformance.results import Finding

WITHOUT_ID = {"status": "starting"}
WITHOUT_END = {**PREDICTION, "status": "succeeded"}
CREATE = "/paths/~1predictions/post"
GET = "/paths/~1predictions~1{prediction_id}/get"
INPUT = "/components/schemas/PredictionInput/properties"
STATUS = "/components/schemas/Prediction/properties/status"


@pytest.mark.parametrize(
    ("rule", "expected", "shown", "text", "pointer"),
    [
        ("created-readable", "x", exchange(status=0, body=b""), "getPrediction gets no response", GET),
        ("unknown-id-404", "404", exchange(status=503), "getPrediction responds with 503", f"{GET}/responses"),
        ("status-code-conformance", "x", exchange(status=302), "getPrediction responds with 302", f"{GET}/responses"),
        (
            "content-type-conformance",
            "x",
            exchange(media_type="text/html"),
            "getPrediction responds with 200 as text/html",
            f"{GET}/responses/200",
        ),
        (
            "response-schema-conformance",
            "x",
            exchange(body=b"no"),
            "getPrediction responds with a body that is not JSON",
            f"{GET}/responses/200/content/application~1json/schema",
        ),
        (
            "response-schema-conformance",
            "x",
            exchange(body=WITHOUT_ID),
            "Responses lack the required property `id`",
            "/components/schemas/Prediction/properties/id",
        ),
        # A response that is no prediction explains the failure of any rule.
        (
            "bounds-enforced",
            "accepted",
            exchange("createPrediction", 201, WITHOUT_ID, sent=DOCUMENT.body({})),
            "Responses lack the required property `id`",
            "/components/schemas/Prediction/properties/id",
        ),
        (
            "response-schema-conformance",
            "x",
            exchange("listPredictions", body={"results": [{"id": "a", "status": 3}]}),
            "Responses break `anyOf` of `status`",
            f"{STATUS}/anyOf",
        ),
        (
            "response-schema-conformance",
            "x",
            exchange("createPrediction", body={"id": "a", "status": 3}, sent=DOCUMENT.body({})),
            "Responses break `anyOf` of `status`",
            f"{STATUS}/anyOf",
        ),
        (
            "times-ordered",
            "created_at, started_at, completed_at in this order",
            exchange(body=WITHOUT_END),
            "Responses lack the property `started_at`",
            "/components/schemas/Prediction/properties/started_at",
        ),
        # Nothing is lacking if it must not be there.
        ("times-ordered", "no completed_at before the end", exchange(), "", GET),
        ("cancel-ends", "status canceled", exchange(), "", GET),
        (
            "no-token-401",
            "401",
            exchange(token=""),
            "Requests without a valid token get another response than 401",
            GET,
        ),
        (
            "negative-data-rejection",
            "x",
            exchange("createPrediction", 201, sent=DOCUMENT.body({"width": 1})),
            "createPrediction accepts requests that break `minimum`",
            f"{INPUT}/width/minimum",
        ),
        (
            "required-enforced",
            "422",
            exchange("createPrediction", 201, sent={"input": {}}),
            "createPrediction accepts requests that break `required`",
            "/components/schemas/CreatePredictionRequest/properties/version",
        ),
        (
            "bounds-enforced",
            "accepted",
            exchange(
                "createPrediction",
                422,
                {"detail": "no", "status": 422, "invalid_fields": [{"field": "input.width", "type": "number_gte"}]},
                sent=DOCUMENT.body({"width": 512}),
                media_type="application/problem+json",
            ),
            "createPrediction refuses valid values of `input.width`",
            f"{INPUT}/width",
        ),
        (
            "unsupported-method",
            "405",
            exchange(None, 500, b"", method="TRACE", path="/predictions"),
            "TRACE, which the document does not have, gets 500",
            "/paths/~1predictions",
        ),
        ("outputs-fetchable", "200", exchange(None, 404, b"", path="/video.mp4"), "", ""),
    ],
)
def test_cause__is_what_the_exchange_breaks(rule: str, expected: str, shown: Exchange, text: str, pointer: str) -> None:
    """The first cause has the sentence of its group, and the place in the document."""
    cause = find_causes(rule, expected, shown, DOCUMENT)[0]

    assert (cause.text, cause.pointer) == (text, pointer)


LEAK = {"detail": f"you sent Bearer {TOKEN}"}


@pytest.mark.parametrize(
    ("rule", "shown"),
    [
        ("token-kept", exchange("createPrediction", 201, LEAK, sent=DOCUMENT.body({}))),
        ("token-kept", exchange("createPrediction", 500, LEAK, sent=DOCUMENT.body({}))),
        ("token-kept", exchange("createPrediction", 201, b"no", media_type="text/plain")),
        ("token-kept", exchange(None, 500, LEAK, method="TRACE", path="/predictions")),
        ("date-forward", exchange(status=503)),
        ("response-headers-conformance", exchange(body=WITHOUT_ID)),
        ("prefer-confirmed", exchange("createPrediction", 201, WITHOUT_ID, sent=DOCUMENT.body({}))),
        ("limits-separate", exchange(body=WITHOUT_ID)),
    ],
)
def test_cause__of_a_rule_that_the_response_does_not_explain(rule: str, shown: Exchange) -> None:
    """A leaked token, say, is not told as a property that the same response lacks."""
    assert [cause.text for cause in find_causes(rule, "no token in the response", shown, DOCUMENT)] == [""]


@pytest.mark.parametrize(
    ("rule", "shown", "text"),
    [
        (
            "no-token-401",
            exchange(body=WITHOUT_ID, token=""),
            "Requests without a valid token get another response than 401",
        ),
        (
            "bounds-enforced",
            exchange("createPrediction", 201, WITHOUT_ID, sent=DOCUMENT.body({"width": 1})),
            "createPrediction accepts requests that break `minimum`",
        ),
    ],
)
def test_cause__of_a_request_that_should_have_been_refused(rule: str, shown: Exchange, text: str) -> None:
    """What its response lacks does not matter."""
    assert [cause.text for cause in find_causes(rule, "4xx", shown, DOCUMENT)] == [text]


def test_cause__of_a_request_with_a_lone_surrogate() -> None:
    """The validator cannot read it, so what it breaks is unknown."""
    shown = exchange("createPrediction", 201, sent=DOCUMENT.body({"prompt": "\ud800"}))

    assert [cause.text for cause in find_causes("bounds-enforced", "422", shown, DOCUMENT)] == [""]


@pytest.mark.parametrize(("shown", "document"), [(None, DOCUMENT), (exchange(), None)])
def test_cause__is_unknown_without_exchange_or_document(shown: Exchange | None, document: None) -> None:
    """Only the words of the expectation tell failures of one rule apart."""
    cause = find_causes("cancel-ends", "status canceled", shown, document)[0]

    assert (cause.text, cause.pointer, cause.detail) == ("", "", "status canceled")


def ids(rule: str, expected: str, shown: Exchange | None, **options: str) -> list[str]:
    """Return the ids of the failures that one failed check is."""
    results = make_results()
    results.check(rule, False, expected, "seen", shown, **options)
    return [finding.id for finding in results.by_name[rule].findings]


@pytest.mark.parametrize(
    ("expected", "again"),
    [
        ("po2g7p53azaep4nnnum54pimzo has ended", "b7kq2 has ended"),
        ('{"prompt": "A cat"} stays', '{"prompt": "A {dog}", "fps": [7]} stays'),
        ("accepted, as input.model may be 'xl'", "accepted, as input.model may be '576w'"),
        ("x with 2026-01-02T03:04:05Z in this order", "x with 2027-11-12T13:14:15Z in this order"),
    ],
)
def test_id__is_the_same_in_every_run(expected: str, again: str) -> None:
    """Prediction ids, times, numbers, JSON and quoted values do not change the id."""
    shown = exchange()
    later = replace(shown, url=shown.url.replace("8000", "9000"), started_at=5.0, seconds=9.0)

    assert ids("cancel-ends", expected, shown) == ids("cancel-ends", again, later)


def test_id__differs_by_rule_operation_and_place() -> None:
    """Failures that are mended one by one have an id each."""
    invalid = [exchange("createPrediction", 201, sent=DOCUMENT.body({name: 1})) for name in ("width", "height")]
    found = [
        ids("cancel-ends", "status canceled", exchange()),
        ids("cancel-ends", "status canceled", exchange("cancelPrediction")),
        ids("cancel-ends", "ended", exchange()),
        ids("cancel-repeatable", "status canceled", exchange()),
        ids("bounds-enforced", "422", invalid[0]),
        ids("bounds-enforced", "422", invalid[1]),
        ids("facts-stay", "x", exchange(), cause="The property `input` changes"),
        ids("facts-stay", "x", exchange(), cause="The property `version` changes"),
    ]

    assert [len(one) for one in found] == [1] * len(found)
    assert len({one[0] for one in found}) == len(found)
    assert all(len(one[0]) == 8 and one[0].isalnum() for one in found)


def test_broken_properties__are_a_failure_each() -> None:
    """A second property that breaks does not hide behind one that is known."""
    assert len(ids("response-schema-conformance", "x", exchange(body={"output": 3}))) == 2


def test_examples__are_the_first_of_each_failure() -> None:
    """A failure that is seen again is counted only."""
    results = make_results()
    for number in range(5):
        results.check("cancel-ends", False, "status canceled", f"seen {number}", exchange())
    result = results.by_name["cancel-ends"]

    assert (result.checked, result.failed) == (5, 5)
    assert [finding.seen for finding in result.findings] == ["seen 0"]
    assert list(result.counts.values()) == [5]


def test_given_cause__is_kept() -> None:
    """A rule that knows the cause and the place names them; the operation is the place of one without."""
    results = make_results()
    results.check("cancel-ends", False, "x", "y", exchange(), cause="It waits", pointer="/info")
    results.check("cancel-ends", False, "x", "y", exchange(), cause="It sleeps")
    named, unnamed = results.by_name["cancel-ends"].findings

    assert (named.cause, named.pointer) == ("It waits", "/info")
    assert (unnamed.cause, unnamed.pointer) == ("It sleeps", GET)


def test_finding__has_no_token() -> None:
    """No text of a finding has the token, and its values do not have the exchange."""
    results = make_results()
    results.step = "completion"
    results.add(Finding("cancel-ends", f"not {TOKEN}", TOKEN, exchange=exchange(), cause=f"It has {TOKEN}"))
    finding = results.by_name["cancel-ends"].findings[0]

    assert TOKEN not in str(finding.to_dict()) and "$REPLICATE_API_TOKEN" in finding.curl
    assert (finding.expected, finding.seen, finding.cause) == ("not [token]", "[token]", "It has [token]")
    assert set(finding.to_dict()) == {"id", "cause", "pointer", "step", "expected", "seen", "curl"}
    assert finding.step == "completion" and TOKEN not in repr(finding)


@pytest.mark.parametrize(
    "name", ["forgets the input after the create", "takes null for nothing", "ends before it starts"]
)
def test_ids__of_two_runs_are_the_same(name: str) -> None:
    """A faulty server fails in the same way twice, also from another port and at another time."""
    mutant = next(mutant for mutant in MUTANTS if mutant.name == name)
    runs = [check_mutant(mutant) for _ in range(2)]

    found = [{finding.id for result in run.results for finding in result.findings} for run in runs]
    assert found[0] == found[1] and found[0]
