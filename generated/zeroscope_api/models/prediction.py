from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.prediction_status import PredictionStatus, check_prediction_status
from ..types import UNSET, Unset

T = TypeVar("T", bound="Prediction")


@_attrs_define
class Prediction:
    """One run of the model."""

    id: str
    """ The ID of the prediction. """
    status: PredictionStatus | str
    """ The status of the prediction. Unlisted statuses may appear. """
    model: None | str | Unset = UNSET
    """ The model's owner and name. """
    version: None | str | Unset = UNSET
    """ The ID of the model version that runs; `hidden` for official models. """
    input_: JsonObject | None | Unset = UNSET
    """ The input as it was sent, without defaults; null once it is removed. """
    output: Any | Unset = UNSET
    """ The URLs of the videos once the prediction has succeeded; null before, and again after an hour. """
    logs: None | str | Unset = UNSET
    """ Everything the model has printed so far. """
    error: Any | Unset = UNSET
    """ The reason why the prediction failed, otherwise null. A failure of the service has a code, such as `E1001`.
    """
    created_at: None | str | Unset = UNSET
    """ When the prediction was created, in RFC 3339 with up to nine fractional digits; not always valid. """
    started_at: None | str | Unset = UNSET
    """ When the model began to run. """
    completed_at: None | str | Unset = UNSET
    """ When the prediction ended. """
    metrics: None | PredictionMetrics | Unset = UNSET
    """ The durations of the run. """
    urls: None | PredictionUrls | Unset = UNSET
    """ The URLs of the prediction. """
    source: None | str | Unset = UNSET
    """ How the prediction was created, `api` or `web`. """
    data_removed: bool | None | Unset = UNSET
    """ Whether input, output and logs have been removed. """
    deadline: None | str | Unset = UNSET
    """ When the service ends the prediction, if `Cancel-After` was sent. """
    deployment: None | str | Unset = UNSET
    """ The name of the deployment that the prediction was created with, if there was one. """
    webhook: None | str | Unset = UNSET
    """ The webhook URL of the request. """
    webhook_events_filter: Any | Unset = UNSET
    """ The filter of the request, as it was sent. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        status: str
        if isinstance(self.status, str):
            status = self.status
        else:
            status = self.status

        model = self.model

        version = self.version

        input_: dict[str, Any] | None | Unset
        if isinstance(self.input_, Unset):
            input_ = UNSET
        elif isinstance(self.input_, JsonObject):
            input_ = self.input_.to_dict()
        else:
            input_ = self.input_

        output = self.output

        logs = self.logs

        error = self.error

        created_at = self.created_at

        started_at = self.started_at

        completed_at = self.completed_at

        metrics: dict[str, Any] | None | Unset
        if isinstance(self.metrics, Unset):
            metrics = UNSET
        elif isinstance(self.metrics, PredictionMetrics):
            metrics = self.metrics.to_dict()
        else:
            metrics = self.metrics

        urls: dict[str, Any] | None | Unset
        if isinstance(self.urls, Unset):
            urls = UNSET
        elif isinstance(self.urls, PredictionUrls):
            urls = self.urls.to_dict()
        else:
            urls = self.urls

        source = self.source

        data_removed = self.data_removed

        deadline = self.deadline

        deployment = self.deployment

        webhook = self.webhook

        webhook_events_filter = self.webhook_events_filter

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "status": status,
            }
        )
        if model is not UNSET:
            field_dict["model"] = model
        if version is not UNSET:
            field_dict["version"] = version
        if input_ is not UNSET:
            field_dict["input"] = input_
        if output is not UNSET:
            field_dict["output"] = output
        if logs is not UNSET:
            field_dict["logs"] = logs
        if error is not UNSET:
            field_dict["error"] = error
        if created_at is not UNSET:
            field_dict["created_at"] = created_at
        if started_at is not UNSET:
            field_dict["started_at"] = started_at
        if completed_at is not UNSET:
            field_dict["completed_at"] = completed_at
        if metrics is not UNSET:
            field_dict["metrics"] = metrics
        if urls is not UNSET:
            field_dict["urls"] = urls
        if source is not UNSET:
            field_dict["source"] = source
        if data_removed is not UNSET:
            field_dict["data_removed"] = data_removed
        if deadline is not UNSET:
            field_dict["deadline"] = deadline
        if deployment is not UNSET:
            field_dict["deployment"] = deployment
        if webhook is not UNSET:
            field_dict["webhook"] = webhook
        if webhook_events_filter is not UNSET:
            field_dict["webhook_events_filter"] = webhook_events_filter

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        def _parse_status(data: object) -> PredictionStatus | str:
            try:
                if not isinstance(data, str):
                    raise TypeError()
                status_type_0 = check_prediction_status(data)

                return status_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(PredictionStatus | str, data)

        status = _parse_status(d.pop("status"))

        model = d.pop("model", UNSET)

        version = d.pop("version", UNSET)

        def _parse_input_(data: object) -> JsonObject | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                input_type_0 = JsonObject.from_dict(data)

                return input_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(JsonObject | None | Unset, data)

        input_ = _parse_input_(d.pop("input", UNSET))

        output = d.pop("output", UNSET)

        logs = d.pop("logs", UNSET)

        error = d.pop("error", UNSET)

        created_at = d.pop("created_at", UNSET)

        started_at = d.pop("started_at", UNSET)

        completed_at = d.pop("completed_at", UNSET)

        def _parse_metrics(data: object) -> None | PredictionMetrics | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                metrics_type_0 = PredictionMetrics.from_dict(data)

                return metrics_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | PredictionMetrics | Unset, data)

        metrics = _parse_metrics(d.pop("metrics", UNSET))

        def _parse_urls(data: object) -> None | PredictionUrls | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                urls_type_0 = PredictionUrls.from_dict(data)

                return urls_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | PredictionUrls | Unset, data)

        urls = _parse_urls(d.pop("urls", UNSET))

        source = d.pop("source", UNSET)

        data_removed = d.pop("data_removed", UNSET)

        deadline = d.pop("deadline", UNSET)

        deployment = d.pop("deployment", UNSET)

        webhook = d.pop("webhook", UNSET)

        webhook_events_filter = d.pop("webhook_events_filter", UNSET)

        prediction = cls(
            id=id,
            status=status,
            model=model,
            version=version,
            input_=input_,
            output=output,
            logs=logs,
            error=error,
            created_at=created_at,
            started_at=started_at,
            completed_at=completed_at,
            metrics=metrics,
            urls=urls,
            source=source,
            data_removed=data_removed,
            deadline=deadline,
            deployment=deployment,
            webhook=webhook,
            webhook_events_filter=webhook_events_filter,
        )

        prediction.additional_properties = d
        return prediction

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties


from ..models.json_object import JsonObject
from ..models.prediction_metrics import PredictionMetrics
from ..models.prediction_urls import PredictionUrls
