from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="PredictionUrls")


@_attrs_define
class PredictionUrls:
    """The URLs of a prediction."""

    get: None | str | Unset = UNSET
    """ The URL to read the prediction. """
    cancel: None | str | Unset = UNSET
    """ The URL to cancel the prediction. """
    stream: None | str | Unset = UNSET
    """ The URL of its event stream; nearly every prediction has one since 2025. """
    web: None | str | Unset = UNSET
    """ The prediction's web page; on every prediction since May 2025. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        get = self.get

        cancel = self.cancel

        stream = self.stream

        web = self.web

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if get is not UNSET:
            field_dict["get"] = get
        if cancel is not UNSET:
            field_dict["cancel"] = cancel
        if stream is not UNSET:
            field_dict["stream"] = stream
        if web is not UNSET:
            field_dict["web"] = web

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        get = d.pop("get", UNSET)

        cancel = d.pop("cancel", UNSET)

        stream = d.pop("stream", UNSET)

        web = d.pop("web", UNSET)

        prediction_urls = cls(
            get=get,
            cancel=cancel,
            stream=stream,
            web=web,
        )

        prediction_urls.additional_properties = d
        return prediction_urls

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
