from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="Problem")


@_attrs_define
class Problem:
    """The reason why a request was rejected."""

    title: None | str | Unset = UNSET
    """ The kind of problem. """
    detail: None | str | Unset = UNSET
    """ The problem with this request. """
    status: int | None | Unset = UNSET
    """ The status code of the response. """
    type_: None | str | Unset = UNSET
    """ A URI that identifies the kind of problem. """
    invalid_fields: list[InvalidField] | None | Unset = UNSET
    """ The invalid fields of the body. """
    retry_after: float | None | Unset = UNSET
    """ The time until a retry, in seconds. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        title = self.title

        detail = self.detail

        status = self.status

        type_ = self.type_

        invalid_fields: list[dict[str, Any]] | None | Unset
        if isinstance(self.invalid_fields, Unset):
            invalid_fields = UNSET
        elif isinstance(self.invalid_fields, list):
            invalid_fields = []
            for invalid_fields_type_0_item_data in self.invalid_fields:
                invalid_fields_type_0_item = invalid_fields_type_0_item_data.to_dict()
                invalid_fields.append(invalid_fields_type_0_item)

        else:
            invalid_fields = self.invalid_fields

        retry_after = self.retry_after

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if title is not UNSET:
            field_dict["title"] = title
        if detail is not UNSET:
            field_dict["detail"] = detail
        if status is not UNSET:
            field_dict["status"] = status
        if type_ is not UNSET:
            field_dict["type"] = type_
        if invalid_fields is not UNSET:
            field_dict["invalid_fields"] = invalid_fields
        if retry_after is not UNSET:
            field_dict["retry_after"] = retry_after

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        title = d.pop("title", UNSET)

        detail = d.pop("detail", UNSET)

        status = d.pop("status", UNSET)

        type_ = d.pop("type", UNSET)

        def _parse_invalid_fields(data: object) -> list[InvalidField] | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                invalid_fields_type_0 = []
                _invalid_fields_type_0 = data
                for invalid_fields_type_0_item_data in _invalid_fields_type_0:
                    invalid_fields_type_0_item = InvalidField.from_dict(invalid_fields_type_0_item_data)

                    invalid_fields_type_0.append(invalid_fields_type_0_item)

                return invalid_fields_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[InvalidField] | None | Unset, data)

        invalid_fields = _parse_invalid_fields(d.pop("invalid_fields", UNSET))

        retry_after = d.pop("retry_after", UNSET)

        problem = cls(
            title=title,
            detail=detail,
            status=status,
            type_=type_,
            invalid_fields=invalid_fields,
            retry_after=retry_after,
        )

        problem.additional_properties = d
        return problem

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


from ..models.invalid_field import InvalidField
