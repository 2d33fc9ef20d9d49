from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define

from ..models.webhook_event import WebhookEvent, check_webhook_event
from ..types import UNSET, Unset

T = TypeVar("T", bound="CreatePredictionRequest")


@_attrs_define
class CreatePredictionRequest:
    """One run of one version of the model."""

    input_: PredictionInput
    """ The input of the model. Every field has a default or is optional. """
    version: str
    """ The model version to run, in one of three forms: its ID, `owner/name:id`, or `owner/name` for the model's
    latest version. """
    stream: bool | Unset = UNSET
    """ Requests a URL that streams the output as server-sent events. """
    webhook: str | Unset = UNSET
    """ An HTTPS URL to which the service sends the prediction when an event occurs. The service may send the same
    event more than once, and does not follow redirects. """
    webhook_events_filter: list[WebhookEvent] | str | Unset = UNSET
    """ The events to send to the webhook: `start` when the run begins, `output` for each new output, `logs` when
    the model prints something, `completed` at the end. By default, `output` and `completed`. `output` and `logs`
    are sent at most twice a second. """

    def to_dict(self) -> dict[str, Any]:
        input_ = self.input_.to_dict()

        version = self.version

        stream = self.stream

        webhook = self.webhook

        webhook_events_filter: list[str] | str | Unset
        if isinstance(self.webhook_events_filter, Unset):
            webhook_events_filter = UNSET
        elif isinstance(self.webhook_events_filter, list):
            webhook_events_filter = []
            for webhook_events_filter_type_0_item_data in self.webhook_events_filter:
                webhook_events_filter_type_0_item: str = webhook_events_filter_type_0_item_data
                webhook_events_filter.append(webhook_events_filter_type_0_item)

        else:
            webhook_events_filter = self.webhook_events_filter

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "input": input_,
                "version": version,
            }
        )
        if stream is not UNSET:
            field_dict["stream"] = stream
        if webhook is not UNSET:
            field_dict["webhook"] = webhook
        if webhook_events_filter is not UNSET:
            field_dict["webhook_events_filter"] = webhook_events_filter

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        input_ = PredictionInput.from_dict(d.pop("input"))

        version = d.pop("version")

        stream = d.pop("stream", UNSET)

        webhook = d.pop("webhook", UNSET)

        def _parse_webhook_events_filter(data: object) -> list[WebhookEvent] | str | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                webhook_events_filter_type_0 = []
                _webhook_events_filter_type_0 = data
                for webhook_events_filter_type_0_item_data in _webhook_events_filter_type_0:
                    webhook_events_filter_type_0_item = check_webhook_event(webhook_events_filter_type_0_item_data)

                    webhook_events_filter_type_0.append(webhook_events_filter_type_0_item)

                return webhook_events_filter_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[WebhookEvent] | str | Unset, data)

        webhook_events_filter = _parse_webhook_events_filter(d.pop("webhook_events_filter", UNSET))

        create_prediction_request = cls(
            input_=input_,
            version=version,
            stream=stream,
            webhook=webhook,
            webhook_events_filter=webhook_events_filter,
        )

        return create_prediction_request


from ..models.prediction_input import PredictionInput
