"""The `zeroscope mock` command."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import Parameter, Token, validators

from zeroscope.cli.errors import CommandError
from zeroscope.cli.extras import require
from zeroscope.cli.options import Flag, SpeedBounds


def _integer(kind: object, tokens: Sequence[Token]) -> int:
    # cyclopts by itself would round 1.5.
    try:
        return int(tokens[0].value)
    except ValueError:
        raise ValueError(f"{tokens[0].value} is not a whole number") from None


def _named(models: Sequence[str], any_model: bool) -> str:
    """The models besides that of the document, in words."""
    served = list(models) if len(models) <= _NAMED else [f"{len(models)} models"]
    if any_model:
        served.append("any other model" if served else "any model")
    return ", ".join(served)


def _files(options: Sequence[str], folder: Path | None) -> dict[str, list[Path]]:
    """The files of each model."""
    from ..cog import model_files, parse_model_option

    files: dict[str, list[Path]] = {}
    for name, path in [*map(parse_model_option, options), *(model_files(folder) if folder else ())]:
        files.setdefault(name, []).append(path)
    return files


def _save_model(reference: str, folder: Path | None) -> None:
    from .save_model import save_model

    saved = save_model(reference, folder)
    load = f"--models {shlex.quote(str(folder))}" if folder else f"--model {shlex.quote(f'{saved.model}={saved.path}')}"
    print(f"saved version {saved.version_id} of {saved.model} as {saved.path}; load it with: zeroscope mock {load}")


# More models than these are counted instead of named when the server starts.
_NAMED = 10

Limit = Annotated[int | None, Parameter(converter=_integer, validator=validators.Number(gte=1))]


def serve(
    *,
    host: str = "127.0.0.1",
    port: Annotated[int, Parameter(converter=_integer, validator=validators.Number(gte=0, lte=65535))] = 8000,
    speed: Annotated[float | None, SpeedBounds] = None,
    seed: Annotated[int, Parameter(converter=_integer)] = 0,
    dialect: Literal["live", "published"] = "live",
    account: str | None = None,
    token: str | None = None,
    model: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    models: Path | None = None,
    any_model: Flag = False,
    save_model: str | None = None,
    clock: Literal["real", "virtual"] = "real",
    state: Path | None = None,
    rate_limits: Literal["live", "low-credit"] | None = None,
    streams: Annotated[bool | None, Parameter(negative="--no-streams")] = None,
    blocking: Literal["processing", "final"] | None = None,
    expired_wait: Literal["starting", "processing"] = "starting",
    webhook_event: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    deployment_names: Literal["full", "short"] = "full",
    inline_outputs: Flag = False,
    insecure_webhooks: Flag = False,
    prediction_limit: Limit = None,
    storage_limit: Limit = None,
    journal_limit: Limit = None,
    journal_body_limit: Limit = None,
    tls: Flag = False,
    tls_dir: Path | None = None,
    scripts: Path | None = None,
    spec: Path | None = None,
    reload: Flag = False,
    control: Annotated[bool, Parameter(name="--control", negative="--no-control")] = True,
    allow_host: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    cors: Annotated[tuple[str, ...], Parameter(negative="")] = (),
    trust_forwarded: Flag = False,
    log_format: Literal["text", "json"] = "text",
    quiet: Flag = False,
) -> None:
    """Start the mock server, which behaves like the service and needs no token, network or money.

    Args:
        host: The address to listen on.
        port: The port to listen on; 0 for any free port.
        speed: How many times as fast as at the service predictions start and run. Default: 1.
        seed: Determines IDs, seeds, timings and pictures; equal seeds give equal runs.
        dialect: Behave as the live service does, or as its published description says.
        account: The user name of the account, which owns models and deployments. Default: one for each token.
        token: The only bearer token to accept. Default: any.
        model: A further model, as owner/name=FILE: a version as the service returns it, or its openapi_schema alone,
            as JSON or YAML. May be repeated, also for more versions of a model.
        models: A folder of such files, named owner/name.json, owner__name.json or owner/name/ANYTHING.json.
        any_model: Admit models that the server does not know, with any input; their outputs are guesses.
        save_model: Fetch the latest version of a model, owner/name, or another one, owner/name:version, from the
            service with the token in REPLICATE_API_TOKEN, save it as owner__name.json in the folder of --models or
            the current one, and end.
        clock: `real` for the machine's, or `virtual` for one that stands still until a request waits or a client
            advances it under /_mock/clock.
        state: Keep all data in this file, so that a restart goes on from there, also after a crash.
        rate_limits: Refuse requests above the service's limits, or above those of an account with little credit.
            Default: None.
        streams: Give every prediction a stream of events, or none. Default: all; as published, those that ask for one.
        blocking: What a create with Prefer: wait shows once the prediction has succeeded: `processing` with all
            outputs, or its end. Default: mostly `processing`, as the seed decides.
        expired_wait: The status that a create shows whose wait ends before the prediction has.
        webhook_event: An event that webhooks without a filter get, such as `logs`; may be repeated. Default: those of
            the spec.
        deployment_names: Whether predictions name their deployment with its owner, as `owner/name`, or not.
        inline_outputs: Return output files as data: URIs instead of URLs.
        insecure_webhooks: Send webhooks to http URLs of other machines, too.
        prediction_limit: How many predictions are kept; the oldest are dropped. Default: 1000000.
        storage_limit: How many bytes of uploads are kept; the oldest are dropped. Default: 1073741824.
        journal_limit: How many exchanges the journal keeps, and how many deliveries are kept. Default: 1000.
        journal_body_limit: The length up to which the journal keeps a body, in bytes. Default: 1048576.
        tls: Serve https, with a certificate for this machine, --host and --allow-host, and print the variables of the
            environment that make clients trust it.
        tls_dir: Keep the authority that issues the certificate in this folder, so that clients trust the next server,
            too. Implies --tls. Default: a temporary folder.
        scripts: A YAML file of scripts for the next predictions.
        spec: The OpenAPI document to follow, as a YAML or JSON file. Default: the one built in.
        reload: Read the file of --spec again whenever it changes.
        control: Let programs control the server under /_mock/.
        allow_host: A further host name by which programs reach /_mock/, such as a container's; may be repeated.
        cors: An origin of web pages that may send requests, such as http://localhost:5173, or * for all; may be
            repeated. Default: none, as on the service.
        trust_forwarded: Follow the headers X-Forwarded-Proto, -Host and -Prefix in URLs, as behind a proxy.
        log_format: How requests are logged: `text` for people, or `json` for one JSON object a line.
        quiet: Print the URL alone, and with --tls the variables of the environment.
    """
    if reload and spec is None:
        raise CommandError("--reload needs --spec, the file to follow")
    require("mock")
    if save_model is not None:
        _save_model(save_model, models)
        return
    from .. import MockServer, PortInUseError, ScriptError, SpecError
    from .console import Console

    limits = {
        "prediction_limit": prediction_limit,
        "storage_limit": storage_limit,
        "journal_limit": journal_limit,
        "journal_body_limit": journal_body_limit,
    }
    options: dict[str, Any] = {name: limit for name, limit in limits.items() if limit is not None}
    try:
        files = _files(model, models)
        server = MockServer(
            models=files,
            any_model=any_model,
            clock=clock,
            speed=speed,
            seed=seed,
            dialect=dialect,
            account=account,
            token=token,
            state=state,
            rate_limits=rate_limits,
            streams=streams,
            blocking=blocking,
            expired_wait=expired_wait,
            webhook_events=webhook_event or None,
            spec=spec,
            reload=reload,
            control=control,
            allow_hosts=allow_host,
            cors=cors,
            trust_forwarded=trust_forwarded,
            deployment_names=deployment_names,
            inline_outputs=inline_outputs,
            insecure_webhooks=insecure_webhooks,
            **options,
        )
    except (ValueError, SpecError) as error:
        raise CommandError(str(error)) from error
    console = Console(server, format="quiet" if quiet else log_format, served=_named(list(server.models), any_model))
    try:
        # After a restart, those that wait are in the state file.
        if scripts is not None and not server.journal and not server.scripts:
            server.scripts.add(scripts)
        # To compile the schemas of a whole folder would take longer than the start; those are compiled when first used.
        for name in dict.fromkeys(text.partition("=")[0] for text in model):
            for warning in server.models.unreported_warnings(name):
                console.note(warning)
        server.serve(
            host,
            port,
            on_ready=console.show_url,
            on_reload=console.note,
            tls=tls_dir or tls,
            on_environment=console.show_environment,
        )
    except (PortInUseError, ScriptError, ValueError) as error:
        raise CommandError(str(error)) from error
    finally:
        console.close()
