"""Rules of a prediction from its creation to its end."""

from __future__ import annotations

from .conditions import (
    HAS_CONSTANT_URLS,
    HAS_FAILING_INPUT,
    HAS_RETENTION,
    accepts_header,
    has_body_property,
    limits_runs,
)
from .rule import LIVE_ONLY, Rule

_has_stream = has_body_property("stream")

RULES = (
    Rule(
        "created-readable",
        "A created prediction can be read under its id at once.",
        "Polling starts right after the create.",
    ),
    Rule(
        "input-echoed",
        "A prediction shows its input as it was sent.",
        "Clients find a lost create by its input.",
    ),
    Rule(
        "facts-stay",
        "A prediction's version, input and creation time never change.",
        "Lists are ordered by them, and clients find lost creates by them.",
    ),
    Rule(
        "status-forward",
        "A status only moves forward: starting, processing, a final status.",
        "Programs act on each status once.",
    ),
    Rule(
        "logs-grow",
        "Logs are only appended to.",
        "Clients read the progress from the end of the logs, and show what was appended.",
    ),
    Rule(
        "outputs-grow",
        "While a prediction runs, its outputs are only appended to, and its success keeps them.",
        "Clients show each output once, as soon as it is there.",
    ),
    Rule(
        "start-stays",
        "`started_at` stays once a response has it.",
        "Bills and progress are computed from it.",
    ),
    Rule(
        "prediction-ends",
        "A prediction ends within the service's limit for a run.",
        "Every wait needs an end.",
    ),
    Rule(
        "final-is-final",
        "A final status never changes.",
        "Clients stop polling at a final status.",
    ),
    Rule(
        "final-is-stable",
        "A prediction that has ended reads the same every time.",
        "As for `final-is-final`.",
    ),
    Rule(
        "data-kept",
        "The input, output and logs of a prediction are kept for as long after its end as the document says.",
        "Programs download the output within that time.",
        applies_to=HAS_RETENTION,
    ),
    Rule(
        "succeeded-has-output",
        "A prediction that succeeded has an output and no error.",
        "The output is what users pay for.",
    ),
    Rule(
        "failed-has-error",
        "A prediction that failed has an error.",
        "Without one, users do not know what to do next.",
        applies_to=HAS_FAILING_INPUT,
    ),
    Rule(
        "times-ordered",
        "`created_at`, `started_at` and `completed_at` come in this order; a prediction that succeeded or failed has "
        "all three, one that has not ended has no `completed_at`.",
        "Durations, and therefore bills, are computed from them.",
    ),
    Rule(
        "cancel-ends",
        "Canceling a running prediction ends it as canceled.",
        "A prediction that keeps running keeps costing money.",
    ),
    Rule(
        "cancel-repeatable",
        "Canceling again, or after the end, returns the same and changes nothing.",
        "Clients repeat a cancel whose response was lost.",
    ),
    Rule(
        "urls-absolute",
        "Every URL in `urls` is absolute.",
        "Programs pass these URLs on to other programs and to browsers.",
    ),
    Rule(
        "urls-present",
        "Every prediction has the URLs that the document promises.",
        "Clients with strict types refuse a prediction without them.",
        applies_to=HAS_CONSTANT_URLS,
        dialects=LIVE_ONLY,
    ),
    Rule(
        "urls-answer",
        "`urls.get` and `urls.cancel` read and cancel the prediction.",
        "Programs follow these URLs instead of building their own.",
    ),
    Rule(
        "stream-answers",
        "`urls.stream` responds with an event stream, if predictions have one.",
        "Clients read it as server-sent events, and fail on anything else.",
        applies_to=_has_stream,
    ),
    Rule(
        "stream-adds-up",
        "The `output` events of a stream add up to the output of the prediction, and `done` ends it.",
        "Clients that stream do not read the prediction again.",
        applies_to=_has_stream,
    ),
    Rule(
        "stream-ordered",
        "No event of a stream comes twice, and none after `done`.",
        "Clients that stream append each event to what they show, and stop at `done`.",
        applies_to=_has_stream,
    ),
    Rule(
        "stream-shared",
        "Two readers of a stream each get all its outputs.",
        "A page that is open twice would show half of the output in each place.",
        applies_to=_has_stream,
    ),
    Rule(
        "prefer-waits",
        "`Prefer: wait` holds a create until the prediction has ended, or has all outputs: then its status may still "
        "be `processing`, without the time of its end and without metrics.",
        "Programs that send it do not poll.",
        applies_to=accepts_header("Prefer"),
        dialects=LIVE_ONLY,
    ),
    Rule(
        "prefer-confirmed",
        "`Preference-Applied` exactly repeats the `Prefer` header that was honored.",
        "It tells programs that the service has waited.",
        applies_to=accepts_header("Prefer"),
        dialects=LIVE_ONLY,
    ),
    Rule(
        "prefer-runs-out",
        "A create that was held for as long as the client waits gets a 202, with the URL to poll in `Location`.",
        "From the 202, programs know that outputs are missing and that they have to poll.",
        applies_to=limits_runs("Prefer"),
        dialects=LIVE_ONLY,
    ),
    Rule(
        "prefer-limited",
        "`Prefer: wait=n` holds a create for hardly more than `n` seconds.",
        "Programs choose a limit below that of the proxies between them and the service.",
        applies_to=limits_runs("Prefer"),
        dialects=LIVE_ONLY,
    ),
    Rule(
        "prefer-agrees",
        "After a held create, a read shows the same prediction with the same outputs.",
        "Programs that send `Prefer` use the outputs of the create.",
        applies_to=accepts_header("Prefer"),
        dialects=LIVE_ONLY,
    ),
    Rule(
        "cancel-after-ends",
        "`Cancel-After` ends a prediction that has not ended by then.",
        "It limits what a run can cost.",
        applies_to=limits_runs("Cancel-After"),
        dialects=LIVE_ONLY,
    ),
)
