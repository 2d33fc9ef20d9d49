"""Webhooks that are trusted, and those that are refused, with the reason."""

from __future__ import annotations

import base64
import email.message
import hashlib
import hmac
import itertools
import json
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType, SimpleNamespace
from typing import Any
from unittest.mock import Mock

import flask
import httpx
import pytest
import standardwebhooks
import starlette.datastructures
import werkzeug.datastructures
from hypothesis import given, settings
from hypothesis import strategies as st

import zeroscope
from helpers.client import BASE_URL, TOKEN, Harness, ScriptedResponses, prediction_body
from helpers.webhooks import ScriptedReceiver
from zeroscope import MalformedResponseError, WebhookVerificationError, webhooks
from zeroscope._service import spec as _spec
from zeroscope_mock import MockServer

NOW = 1_700_000_000
KEY = bytes(range(230, 254))
SECRET = "whsec_" + base64.b64encode(KEY).decode()
OTHER = "whsec_" + base64.b64encode(b"the key before this one.").decode()
BODY = json.dumps(prediction_body("succeeded")).encode()
NAMES = ("webhook-id", "webhook-timestamp", "webhook-signature")


def signature(body: bytes = BODY, *, id: str = "msg_1", timestamp: str = str(NOW), secret: str = SECRET) -> str:
    """What the service puts after ``v1,``."""
    key = base64.b64decode(secret.partition("_")[2])
    return base64.b64encode(hmac.new(key, f"{id}.{timestamp}.".encode() + body, hashlib.sha256).digest()).decode()


def signed(body: bytes = BODY, *, id: str = "msg_1", timestamp: str = str(NOW), secret: str = SECRET) -> dict[str, str]:
    """The headers of a webhook."""
    sign = f"v1,{signature(body, id=id, timestamp=timestamp, secret=secret)}"
    return {"webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": sign}


@dataclass
class Webhook:
    """A call of `verify`: a good one, unless something is changed."""

    headers: Any
    body: Any = BODY
    secret: Any = SECRET
    tolerance: Any = 300
    now: Any = NOW

    def verify(self, client: Any = None) -> Any:
        return webhooks.verify(self.headers, self.body, self.secret, self.tolerance, now=self.now, client=client)


def webhook(body: Any = BODY, **signing: Any) -> Webhook:
    """A webhook that is signed as it is, whatever that is."""
    return Webhook(signed(body, **signing), body)


def bearing(**headers: str | None) -> Webhook:
    """A good webhook with other headers put over its own, or left out."""
    changed = {**signed(), **{f"webhook-{name}": value for name, value in headers.items()}}
    return Webhook({name: value for name, value in changed.items() if value is not None})


def doubled(name: str, value: str) -> list[tuple[str, str]]:
    """The headers of a good webhook and one more, of a name that is there already."""
    return [*signed().items(), (name, value)]


TAMPERED = BODY.replace(b"succeeded", b"failed")
WRONG = signature(TAMPERED)
NOT_SIGNED = "is not signed with the secret"
NO_V1 = "no signature of version v1"
NO_TIME = "webhook-timestamp is .* it should be the seconds since 1970 in plain digits"
TWICE = r"occurs 2 times with different values"

BAD: dict[str, tuple[Webhook, str]] = {
    # What was signed is something else.
    "tampered body": (Webhook(signed(), TAMPERED), NOT_SIGNED),
    "space after the body": (Webhook(signed(), BODY + b" "), NOT_SIGNED),
    "space within the body": (Webhook(signed(), BODY.replace(b": ", b":  ")), NOT_SIGNED),
    "body made anew from its JSON": (Webhook(signed(), json.dumps(json.loads(BODY), indent=1).encode()), NOT_SIGNED),
    "empty body": (Webhook(signed(), b""), NOT_SIGNED),
    "id changed": (bearing(id="msg_2"), NOT_SIGNED),
    "timestamp changed": (bearing(timestamp=str(NOW + 1)), NOT_SIGNED),
    "timestamp with a zero before": (bearing(timestamp=f"0{NOW}"), NOT_SIGNED),
    "secret of another account": (webhook(secret=OTHER), NOT_SIGNED),
    "neither of two secrets": (replace(webhook(secret=OTHER), secret=[SECRET] * 2), "not signed with any of the sec"),
    # Signatures.
    "signature of another body": (bearing(signature=f"v1,{WRONG}"), NOT_SIGNED),
    "signature with nothing in it": (bearing(signature="v1,"), NOT_SIGNED),
    "signature in bad base64": (bearing(signature="v1,!!!"), NOT_SIGNED),
    "signature beyond ASCII": (bearing(signature="v1,\xe4\u0660\ud800"), NOT_SIGNED),
    "signature without padding": (bearing(signature=f"v1,{signature().rstrip('=')}"), NOT_SIGNED),
    "signature and a line break": (bearing(signature=f"v1,{signature()}\n"), NOT_SIGNED),
    "signature in hexadecimal": (bearing(signature=f"v1,{base64.b64decode(signature()).hex()}"), NOT_SIGNED),
    "signatures with a comma between": (bearing(signature=f"v1,{WRONG}, v1,{signature()},"), NOT_SIGNED),
    "version v2": (bearing(signature=f"v2,{signature()}"), NO_V1),
    "version v1a": (bearing(signature=f"v1a,{signature()}"), NO_V1),
    "version V1": (bearing(signature=f"V1,{signature()}"), NO_V1),
    "no version": (bearing(signature=signature()), NO_V1),
    "no comma": (bearing(signature=f"v1{signature()}"), NO_V1),
    "equals sign for the comma": (bearing(signature=f"v1={signature()}"), NO_V1),
    "only spaces": (bearing(signature="   "), NO_V1),
    # Time.
    "old": (replace(webhook(), now=NOW + 301), r"signed 301 s ago.*tolerance of 300 s.*an old webhook sent again"),
    "a moment too old": (replace(webhook(), now=NOW + 300.001), r"signed 300\.001 s ago"),
    "from the future": (replace(webhook(), now=NOW - 301), r"signed 301 s from now.*clock of this machine"),
    "from the beginning of time": (webhook(timestamp="0"), f"signed {NOW} s ago"),
    **{
        f"timestamp {timestamp!r}": (webhook(timestamp=timestamp), NO_TIME)
        for timestamp in (
            "1e9",
            "17e8",
            "+1700000000",
            "-1700000000",
            "1_700_000_000",
            " 1700000000",
            "1700000000 ",
            "1700000000\n",
            "1700000000.0",
            "0x6553f100",
            "1700000000000",
            "9" * 5000,
            "\u0661\u0667\u0660\u0660\u0660\u0660\u0660\u0660\u0660\u0660",
            "\uff11\uff17\uff10\uff10\uff10\uff10\uff10\uff10\uff10\uff10",
            "1700000000\u00b2",
            "nan",
            "now",
        )
    },
    # Headers.
    "no id": (bearing(id=None), "no webhook-id: it is not a webhook"),
    "no timestamp": (bearing(timestamp=None), "no webhook-timestamp:"),
    "no signature": (bearing(signature=None), "no webhook-signature:"),
    "no headers": (Webhook({}), "no webhook-id, webhook-timestamp, webhook-signature:"),
    "empty id": (webhook(id=""), "no webhook-id:"),
    "empty timestamp": (webhook(timestamp=""), "no webhook-timestamp:"),
    "empty signature": (bearing(signature=""), "no webhook-signature:"),
    "an id with a space": (webhook(id="msg 1"), "webhook-id is 'msg 1'; an ID is ASCII without spaces"),
    "an id with a line break": (webhook(id="msg_1\n"), r"webhook-id is 'msg_1\\n'"),
    "an id beyond ASCII": (webhook(id="msg_\xe4"), "webhook-id is 'msg_\xe4'"),
    "an id that has no bytes": (Webhook({**signed(), "webhook-id": "\ud800"}), r"webhook-id is '\\ud800'"),
    "id twice": (Webhook(doubled("webhook-id", "msg_2")), f"webhook-id {TWICE}"),
    "timestamp twice": (Webhook(doubled("Webhook-Timestamp", str(NOW + 1))), f"webhook-timestamp {TWICE}"),
    "signature twice": (Webhook(doubled("webhook-signature", f"v1,{WRONG}")), f"webhook-signature {TWICE}"),
    "id twice, once empty": (Webhook(doubled("webhook-id", "")), f"webhook-id {TWICE}"),
    "id twice in httpx": (Webhook(httpx.Headers(doubled("webhook-id", "msg_2"))), TWICE),
    "id twice in starlette": (
        Webhook(starlette.datastructures.Headers(raw=[(k.encode(), v.encode()) for k, v in doubled(NAMES[0], "b")])),
        TWICE,
    ),
    "id twice in werkzeug": (Webhook(werkzeug.datastructures.Headers(doubled("webhook-id", "msg_2"))), TWICE),
    "id twice in a dict": (Webhook({**signed(), "Webhook-Id": "msg_2"}), TWICE),
    "id twice in a list": (Webhook({**signed(), "webhook-id": ["msg_1", "msg_2"]}), TWICE),
    "id twice in WSGI": (Webhook({**signed(), "HTTP_WEBHOOK_ID": "msg_2"}), TWICE),
    "names with underscores": (Webhook({k.replace("-", "_"): v for k, v in signed().items()}), "has no webhook-id"),
    "a number for a header": (Webhook({**signed(), "webhook-timestamp": NOW}), "cannot be read .* type int"),
    "None for headers": (Webhook(None), "headers cannot be read .*pass the request's own"),
    "a text for headers": (Webhook("webhook-id: msg_1"), "headers cannot be read"),
    "headers of three parts": (Webhook([("webhook-id", "msg_1", "x")]), "headers cannot be read"),
    "None for one header": (Webhook({**signed(), "webhook-id": None}), "no webhook-id"),
    # Bodies.
    "body decoded": (Webhook(signed(), BODY.decode()), r"of type str: pass the raw bytes.*request\.get_data\(\)"),
    "body parsed": (Webhook(signed(), json.loads(BODY)), r"of type dict: pass the raw bytes.*await request\.body\(\)"),
    "no body": (Webhook(signed(), None), "of type NoneType: pass the raw bytes"),
    # Secrets.
    "no secret": (
        Webhook(signed(), secret=None),
        r"no webhook secret: set REPLICATE_WEBHOOK_SIGNING_SECRET or pass secret=; client\.webhook_secret\(\)",
    ),
    "secret as bytes": (Webhook(signed(), secret=SECRET.encode()), "webhook secret is of type bytes, not a string"),
    "number for a secret": (Webhook(signed(), secret=5), "is of type int, not a string"),
    "empty secret": (Webhook(signed(), secret=""), "secret is empty"),
    "blank secret": (Webhook(signed(), secret=" \n"), "secret is empty"),
    "no secret in the list": (Webhook(signed(), secret=[]), "no webhook secret in the list"),
    "empty secret in the list": (Webhook(signed(), secret=[SECRET, ""]), "webhook secret 2 of 2 is empty"),
    # Settings.
    **{
        f"tolerance {tolerance!r}": (Webhook(signed(), tolerance=tolerance), "tolerance cannot be")
        for tolerance in (-1, float("nan"), float("inf"), 86_401, timedelta(days=2), "300", None, True)
    },
    **{
        f"now {now!r}": (Webhook(signed(), now=now), "now cannot be .* seconds since 1970")
        for now in (-1, float("nan"), float("inf"), NOW * 1000, str(NOW), datetime.fromtimestamp(NOW, UTC))
    },
}

NOT_PREDICTIONS = {
    "nothing": b"",
    "null": b"null",
    "a number": b"5",
    "a text": b'"gm3q"',
    "an array": b"[]",
    "an array of one": b"[" + BODY + b"]",
    "an array of pairs": b'[["id", "gm3q"], ["status", "starting"]]',
    "an object of something else": b'{"type": "user.created"}',
    "no status": b'{"id": "gm3q"}',
    "an id that is a number": b'{"id": 7, "status": "starting"}',
    "an empty id": b'{"id": "", "status": "starting"}',
    "a status that is null": b'{"id": "gm3q", "status": null}',
    "an id that cannot be sent back": b'{"id": "\\ud800", "status": "starting"}',
    "cut short": BODY[:-1],
    "not UTF-8": b'{"id": "\xff", "status": "starting"}',
    "too deep": b"[" * 100_000,
    "a number too long": b'{"id": "gm3q", "status": "x", "output": ' + b"9" * 5000 + b"}",
}

UNUSABLE_SECRETS = {
    "no prefix": SECRET[6:],
    "prefix alone": "whsec_",
    "prefix in capitals": SECRET.upper(),
    "another prefix": "whpk_" + SECRET[6:],
    "two underscores": SECRET.replace("_", "__"),
    "hyphen for the underscore": SECRET.replace("_", "-"),
    "base64 that is safe in URLs": "whsec_" + base64.urlsafe_b64encode(b"\xff\xff\xff" * 8).decode(),
    "an underscore in the base64": SECRET[:9] + "_" + SECRET[10:],
    "cut short": SECRET[:-3],
    "padding alone": "whsec_==",
    "too much padding": SECRET + "===",
    "padding in the middle": "whsec_YWI=YWI=",
    "a space within": SECRET[:9] + " " + SECRET[10:],
    "in quotes": f'"{SECRET}"',
    "beyond ASCII": SECRET + "\u00e4",
}


@pytest.mark.parametrize(("bad", "message"), BAD.values(), ids=BAD)
def test_webhook__that_is_bad_is_refused_with_the_reason(bad: Webhook, message: str) -> None:
    """Each is refused, the message says why and is not long, and it does not hold the secret."""
    with pytest.raises(WebhookVerificationError, match=message) as caught:
        bad.verify()
    assert len(str(caught.value)) < 500 and KEY.hex() not in str(caught.value)
    assert SECRET[6:] not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("body", NOT_PREDICTIONS.values(), ids=NOT_PREDICTIONS)
def test_body__that_is_signed_but_no_prediction_is_refused(body: bytes) -> None:
    """Another signed body is distinguished from a prediction, and shown in part."""
    with pytest.raises(WebhookVerificationError, match="signed with the secret, but its body is not a pred") as caught:
        webhook(body).verify()
    assert len(str(caught.value)) < 700


@pytest.mark.parametrize("secret", UNUSABLE_SECRETS.values(), ids=UNUSABLE_SECRETS)
def test_secret__that_is_unusable_is_refused_unseen(secret: str) -> None:
    """It is not made into some key, not even beside a good one, and is not shown."""
    with pytest.raises(WebhookVerificationError, match=r"the webhook secret is not whsec_ and base64") as caught:
        replace(webhook(), secret=secret).verify()
    assert secret not in str(caught.value) or secret == "whsec_"
    with pytest.raises(WebhookVerificationError, match="webhook secret 2 of 2 is not whsec_ and base64"):
        replace(webhook(), secret=[SECRET, secret]).verify()


def environ(headers: dict[str, str]) -> dict[str, Any]:
    """A WSGI environment, which is also Django's `request.META`."""
    names = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    return {"wsgi.input": object(), "CONTENT_TYPE": "application/json", **names}


def message(headers: dict[str, str]) -> email.message.Message:
    """Headers as `http.server` has them."""
    made = email.message.Message()
    for name, value in headers.items():
        made[name.title()] = value
    return made


HEADER_FORMS: dict[str, Callable[[dict[str, str]], Any]] = {
    "dict": dict,
    "dict in capitals": lambda headers: {name.upper(): value for name, value in headers.items()},
    "dict with capitals": lambda headers: {name.title(): value for name, value in headers.items()},
    "dict of bytes": lambda headers: {name.encode(): value.encode() for name, value in headers.items()},
    "dict of lists": lambda headers: {name: [value] for name, value in headers.items()},
    "dict of lists of the same": lambda headers: {name: [value, value] for name, value in headers.items()},
    "dict with other keys": lambda headers: {7: object(), None: 8, **headers},
    "another mapping": MappingProxyType,
    "items alone": lambda headers: SimpleNamespace(items=headers.items),
    "pairs": lambda headers: list(headers.items()),
    "pairs twice": lambda headers: list(headers.items()) * 2,
    "pairs, once": lambda headers: iter(headers.items()),
    "lists of two": lambda headers: [[name.title(), value] for name, value in headers.items()],
    "ASGI": lambda headers: [(name.encode(), value.encode()) for name, value in headers.items()],
    "WSGI": environ,
    "http.server": message,
    "httpx": httpx.Headers,
    "httpx, twice": lambda headers: httpx.Headers(list(headers.items()) * 2),
    "starlette": starlette.datastructures.Headers,
    "starlette, raw": lambda headers: starlette.datastructures.Headers(headers).raw,
    "werkzeug": werkzeug.datastructures.Headers,
    "flask": lambda headers: flask.Request(environ(headers)).headers,
}


@pytest.mark.parametrize("form", HEADER_FORMS.values(), ids=HEADER_FORMS)
def test_headers__of_any_kind_are_understood(form: Callable[[dict[str, str]], Any]) -> None:
    """Whatever a framework has for headers can be passed as it is, with others among them."""
    headers = form({"content-type": "application/json", **signed(), "x-request-id": "7"})
    verified = Webhook(headers).verify()
    assert verified.id == "msg_1" and verified.prediction.to_dict() == json.loads(BODY)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview, lambda body: memoryview(b"x" + body)[1:]])
def test_body__may_be_any_kind_of_bytes(kind: Any) -> None:
    """What frameworks and servers have for raw bytes is taken."""
    assert Webhook(signed(), kind(BODY)).verify().prediction.id == "gm3q"


def test_names__are_those_of_the_spec() -> None:
    """The headers that are read are those that the document says the service sends."""
    callbacks = _spec.spec()["paths"]["/predictions"]["post"]["callbacks"]
    (event,) = callbacks["predictionEvent"].values()
    assert tuple(parameter["name"] for parameter in event["post"]["parameters"]) == NAMES == webhooks.HEADERS


@pytest.mark.parametrize(
    ("tolerance", "age", "trusted"),
    [
        (timedelta(minutes=1), 60, True),
        (timedelta(minutes=1), 61, False),
        (300, 300, True),
        (300, -300, True),
        (300, 300.5, False),
        (300, -300.5, False),
        (0, 0, True),
        (0, 1, False),
        (0, -1, False),
        (0.5, 0.5, True),
        (0.5, 0.75, False),
        (86_400, 86_400, True),
        (86_400, 86_401, False),
    ],
)
def test_tolerance__holds_before_and_after_edges_included(
    tolerance: float | timedelta, age: float, trusted: bool
) -> None:
    """A webhook as old, or as early, as is tolerated is trusted, and none beyond."""
    call = replace(webhook(), tolerance=tolerance, now=NOW + age)
    if trusted:
        assert call.verify().id == "msg_1"
    else:
        with pytest.raises(WebhookVerificationError, match="tolerance"):
            call.verify()


def test_now__is_this_machines_by_default() -> None:
    """Without a time, a webhook of this moment is trusted and one of ten minutes ago is not."""
    now = int(time.time())
    assert webhooks.verify(signed(timestamp=str(now)), BODY, SECRET).id == "msg_1"
    with pytest.raises(WebhookVerificationError, match="ago"):
        webhooks.verify(signed(timestamp=str(now - 600)), BODY, SECRET)


@pytest.mark.parametrize("secrets", [[SECRET, OTHER], (OTHER, SECRET), [OTHER, OTHER, SECRET]])
@pytest.mark.parametrize("secret", [SECRET, OTHER])
def test_secrets__are_all_good_while_one_replaces_another(secrets: Any, secret: str) -> None:
    """What is signed with any of them is trusted."""
    assert replace(webhook(secret=secret), secret=secrets).verify().id == "msg_1"


@pytest.mark.parametrize(
    ("variable", "message"),
    [
        (SECRET, None),
        (f" whsec_bmV3 {SECRET}\n", None),
        ("whsec_bmV3", "not signed with the secret"),
        ("whsec_bmV3 whsec_b2xk", "not signed with any of the secrets"),
        (f"{SECRET},whsec_bmV3", "is not whsec_ and base64"),
        ("   ", "there is no webhook secret: set REPLICATE_WEBHOOK_SIGNING_SECRET or pass secret="),
    ],
)
def test_secret__comes_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, variable: str, message: str | None
) -> None:
    """Without an argument, the variable decides; it may hold several secrets, and no message shows one."""
    monkeypatch.setenv("REPLICATE_WEBHOOK_SIGNING_SECRET", variable)
    if message is None:
        assert webhooks.verify(signed(), BODY, now=NOW).id == "msg_1"
        return
    with pytest.raises(WebhookVerificationError, match=message) as caught:
        webhooks.verify(signed(), BODY, now=NOW)
    assert "bmV3" not in str(caught.value) and SECRET not in str(caught.value)
    assert webhooks.verify(signed(), BODY, SECRET, now=NOW).id == "msg_1"


@pytest.mark.parametrize(
    "secret", [SECRET + "\n", f" {SECRET}", "whsec_YQ==", "whsec_YQ=", "whsec_YQ", "whsec_" + "A" * 4000]
)
def test_secret__may_lack_padding_and_have_space_around(secret: str) -> None:
    """A secret that was copied with a line break, or is written without `=`, is the same secret."""
    whole = secret.strip().rstrip("=")
    whole += "=" * (-len(whole[6:]) % 4)
    assert replace(webhook(secret=whole), secret=secret).verify().id == "msg_1"


@pytest.mark.parametrize(
    "header",
    [
        f"v1,{signature()} v1,{WRONG}",
        f"v1,{WRONG} v1,{signature()}",
        f"v1a,{WRONG} v1,{signature()} v2,{WRONG}",
        f"  v1,{signature()}  nonsense ",
        f"v1,{signature()} v1,{signature()}",
    ],
)
def test_signatures__may_be_several(header: str) -> None:
    """One that fits is enough, wherever it stands."""
    assert bearing(signature=header).verify().id == "msg_1"


def test_signatures__are_all_compared_whichever_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    """How long it takes does not tell which secret or signature was the right one."""
    compared: list[bytes] = []
    compare = hmac.compare_digest

    def count(one: bytes, other: bytes) -> bool:
        compared.append(other)
        return compare(one, other)

    monkeypatch.setattr(hmac, "compare_digest", count)
    call = bearing(signature=f"v1,{signature()} v1,{WRONG} v2,x v1,y")
    replace(call, secret=[SECRET, OTHER]).verify()
    assert compared == [signature().encode(), WRONG.encode(), b"y"] * 2


def test_webhook__that_comes_again_has_the_same_id() -> None:
    """A delivery that is signed anew later is known by its id; the next event has another."""
    later = replace(webhook(timestamp=str(NOW + 60)), now=NOW + 60)
    assert webhook().verify().id == later.verify().id != webhook(id="msg_2").verify().id


def test_prediction__belongs_to_the_client_that_was_named(harness: Harness) -> None:
    """With a client the prediction can be asked after, in the client's own way; without one it says so."""
    client = harness.client(
        ScriptedResponses(httpx.Response(200, json=prediction_body("succeeded", output=["https://x.test/1.mp4"])))
    )
    prediction: Any = webhook().verify(client=client).prediction
    assert type(prediction).__name__ == {"sync": "Prediction", "async": "AsyncPrediction"}[harness.kind]
    assert harness.do(prediction.reload).videos[0].url == "https://x.test/1.mp4"

    alone = webhook().verify().prediction
    assert type(alone) is zeroscope.Prediction and alone.status == "succeeded"
    with pytest.raises(zeroscope.ConfigurationError, match="has no client"):
        alone.reload()


def test_client__of_another_kind_is_refused() -> None:
    """An HTTP client, or another object with the same attributes, is refused."""
    with httpx.Client() as http, pytest.raises(WebhookVerificationError, match="client is of type Client"):
        webhook().verify(client=http)
    with pytest.raises(WebhookVerificationError, match="client is of type Mock"):
        webhook().verify(client=Mock())


def test_webhook__is_named_in_parts() -> None:
    """It can be taken apart, and shows what it is."""
    prediction, id = verified = webhook().verify()
    assert (prediction, id) == (verified.prediction, verified.id)
    assert repr(verified) == "VerifiedWebhook(prediction=<Prediction gm3q succeeded>, id='msg_1')"


# Whatever there may be: real names and values among nonsense, so that all checks are reached.
ANY_TEXT = st.text(max_size=20)
REAL = st.sampled_from([*NAMES, *signed().values(), "HTTP_WEBHOOK_ID", "Webhook-Timestamp", "v1,x v1", "1e9"])
ANY_SCALAR = st.one_of(
    REAL, REAL.map(str.encode), ANY_TEXT, st.binary(max_size=20), st.none(), st.integers(), st.floats(), st.booleans()
)
ANY_VALUE = st.one_of(ANY_SCALAR, st.lists(ANY_SCALAR, max_size=3), st.tuples(ANY_SCALAR, ANY_SCALAR))
ANY_HEADERS = st.one_of(
    st.dictionaries(ANY_SCALAR, ANY_VALUE, max_size=6),
    st.lists(st.tuples(ANY_SCALAR, ANY_VALUE), max_size=6),
    st.lists(ANY_VALUE, max_size=4),
    st.dictionaries(st.sampled_from(NAMES), ANY_TEXT).map(lambda changes: {**signed(), **changes}),
    ANY_SCALAR,
)


def outcome(call: Webhook) -> str:
    """The id of a webhook that is trusted, and nothing for one that is refused as it should be."""
    try:
        return str(call.verify().id)
    except WebhookVerificationError:
        return ""


@settings(max_examples=1000, derandomize=True, database=None)
@given(headers=ANY_HEADERS, body=st.one_of(st.just(BODY), st.binary(), ANY_SCALAR))
def test_anything__is_trusted_or_refused(headers: Any, body: Any) -> None:
    """Whatever the headers and the body are, there is a webhook or the one error."""
    id = outcome(Webhook(headers, body))
    assert not id or (id == "msg_1" and body == BODY)


@settings(max_examples=500, derandomize=True, database=None)
@given(
    body=st.one_of(
        st.binary(),
        st.recursive(
            st.one_of(st.none(), st.booleans(), st.floats(), st.integers(), ANY_TEXT),
            lambda inner: st.one_of(
                st.lists(inner), st.dictionaries(st.one_of(ANY_TEXT, st.sampled_from(list(prediction_body()))), inner)
            ),
        ).map(lambda value: json.dumps(value).encode()),
        st.dictionaries(
            st.sampled_from(list(prediction_body())), st.one_of(ANY_TEXT, st.lists(ANY_TEXT), st.none())
        ).map(lambda fields: json.dumps({**prediction_body(), **fields}).encode()),
    )
)
def test_any_signed_body__is_a_prediction_or_refused(body: bytes) -> None:
    """A body that is signed may still be anything; one that is taken says what was sent."""
    if outcome(webhook(body)):
        assert json.dumps(webhook(body).verify().prediction.to_dict(), sort_keys=True) == json.dumps(
            json.loads(body), sort_keys=True
        )


@settings(max_examples=200, derandomize=True, database=None)
@given(
    key=st.binary(min_size=1, max_size=64),
    id=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40),
    at=st.integers(0, 10**11),
    prompt=st.text(),
)
def test_other_library__signs_what_is_trusted(key: bytes, id: str, at: int, prompt: str) -> None:
    """What the package of Standard Webhooks signs is trusted, and nothing else of that time."""
    secret = "whsec_" + base64.b64encode(key).decode()
    body = json.dumps(prediction_body(input={"prompt": prompt}), ensure_ascii=False).encode(errors="replace")
    sign = standardwebhooks.Webhook(secret).sign(id, datetime.fromtimestamp(at, UTC), body.decode())
    headers = {"webhook-id": id, "webhook-timestamp": str(at), "webhook-signature": sign}
    call = Webhook(headers, body, secret, now=at)
    assert outcome(call) == id
    assert not outcome(replace(call, body=body.replace(b"gm3q", b"gm4q", 1)))


@pytest.mark.parametrize("place", range(0, len(BODY), 7))
def test_body__with_one_bit_changed_is_refused(place: int) -> None:
    """There is no place that the signature does not cover."""
    changed = bytearray(BODY)
    changed[place] ^= 1
    assert outcome(Webhook(signed(), changed)) == ""


# The secret as the service tells it.


def test_secret__is_read_with_one_request(harness: Harness) -> None:
    """It is what the service answered, and the request is exactly this one."""
    script = ScriptedResponses(httpx.Response(200, json={"key": SECRET, "new": 1}))
    client = harness.client(script)
    assert harness.do(client.webhook_secret) == SECRET
    (request,) = script.requests
    assert (request.method, str(request.url), request.content) == (
        "GET",
        f"{BASE_URL}/webhooks/default/secret",
        b"",
    )
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert SECRET not in repr(client) and SECRET not in repr(vars(client))


def test_secret__is_asked_for_again_after_trouble(harness: Harness) -> None:
    """It is read as patiently as anything that is read."""
    script = ScriptedResponses(
        httpx.Response(503), httpx.ConnectError("refused"), httpx.Response(200, json={"key": SECRET})
    )
    assert harness.do(harness.client(script).webhook_secret) == SECRET
    assert len(script.requests) == 3


def test_secret__of_an_unknown_token_is_an_error_like_others(harness: Harness) -> None:
    """A refusal names the request."""
    script = ScriptedResponses(httpx.Response(401, json={"detail": "Invalid token."}))
    with pytest.raises(zeroscope.AuthenticationError, match="GET /webhooks/default/secret answered 401: Invalid token"):
        harness.do(harness.client(script).webhook_secret)


@pytest.mark.parametrize(
    "body",
    [
        "",
        SECRET,
        json.dumps(SECRET),
        json.dumps({"secret": SECRET}),
        json.dumps({"key": [SECRET]}),
        json.dumps({"key": None, "old": SECRET}),
        json.dumps({"key": "", "old": SECRET[6:]}),
        json.dumps({"key": "\ud800" + SECRET}),
        json.dumps([{"key": SECRET}]),
        json.dumps([["key", SECRET[6:]]])[:-1],
        json.dumps({"key": SECRET})[:-1],
    ],
)
def test_secret__in_a_malformed_answer_is_not_shown(harness: Harness, body: str) -> None:
    """A response without a key is an error of the service, and its content is not shown."""
    client = harness.client(ScriptedResponses(httpx.Response(200, text=body)))
    with pytest.raises(MalformedResponseError, match=r"webhooks/default/secret answered 200 .*\[not shown") as caught:
        harness.do(client.webhook_secret)
    shown = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
    assert SECRET[6:] not in shown


def test_mock_server__sends_what_is_trusted(harness: Harness) -> None:
    """Every webhook of a run is trusted with the secret that the client reads, and tells how the run goes on."""
    receiver = ScriptedReceiver()
    server = MockServer(receiver=receiver)
    client = server.client() if harness.kind == "sync" else server.async_client()
    secret = harness.do(client.webhook_secret)
    options = {"webhook": "https://my.app.test/hook", "webhook_events_filter": ["start", "logs", "completed"]}
    created = harness.do(client.predictions.create, {"prompt": "a lighthouse"}, **options)
    server.clock.advance(600)

    verified = [
        webhooks.verify(
            request.headers, request.content, secret, now=int(request.headers["webhook-timestamp"]), client=client
        )
        for request in receiver.requests
    ]
    statuses = [status for status, _ in itertools.groupby(webhook.prediction.status for webhook in verified)]
    assert statuses == ["processing", "succeeded"]
    assert {webhook.prediction.id for webhook in verified} == {created.id}
    assert len({webhook.id for webhook in verified}) == len(verified)
    assert harness.do(verified[-1].prediction.videos[0].read)[4:8] == b"ftyp"
