from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="File")


@_attrs_define
class File:
    """A stored file."""

    id: str
    """ The ID of the file. """
    urls: FileUrls
    """ The URLs of a stored file. """
    name: None | str | Unset = UNSET
    """ The file's name. """
    content_type: None | str | Unset = UNSET
    """ The file's media type. """
    size: int | None | Unset = UNSET
    """ The file's size in bytes. """
    checksums: JsonObject | None | Unset = UNSET
    """ Digests of the file, `md5` and `sha256`, in hexadecimal. """
    created_at: None | str | Unset = UNSET
    """ When the file was stored. """
    expires_at: None | str | Unset = UNSET
    """ When the file is removed, 24 hours after it was stored. """
    etag: None | str | Unset = UNSET
    """ The MD5 digest of the file, in hexadecimal. """
    metadata: JsonObject | None | Unset = UNSET
    """ The metadata that was sent with the file. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        urls = self.urls.to_dict()

        name = self.name

        content_type = self.content_type

        size = self.size

        checksums: dict[str, Any] | None | Unset
        if isinstance(self.checksums, Unset):
            checksums = UNSET
        elif isinstance(self.checksums, JsonObject):
            checksums = self.checksums.to_dict()
        else:
            checksums = self.checksums

        created_at = self.created_at

        expires_at = self.expires_at

        etag = self.etag

        metadata: dict[str, Any] | None | Unset
        if isinstance(self.metadata, Unset):
            metadata = UNSET
        elif isinstance(self.metadata, JsonObject):
            metadata = self.metadata.to_dict()
        else:
            metadata = self.metadata

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "urls": urls,
            }
        )
        if name is not UNSET:
            field_dict["name"] = name
        if content_type is not UNSET:
            field_dict["content_type"] = content_type
        if size is not UNSET:
            field_dict["size"] = size
        if checksums is not UNSET:
            field_dict["checksums"] = checksums
        if created_at is not UNSET:
            field_dict["created_at"] = created_at
        if expires_at is not UNSET:
            field_dict["expires_at"] = expires_at
        if etag is not UNSET:
            field_dict["etag"] = etag
        if metadata is not UNSET:
            field_dict["metadata"] = metadata

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        urls = FileUrls.from_dict(d.pop("urls"))

        name = d.pop("name", UNSET)

        content_type = d.pop("content_type", UNSET)

        size = d.pop("size", UNSET)

        def _parse_checksums(data: object) -> JsonObject | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                checksums_type_0 = JsonObject.from_dict(data)

                return checksums_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(JsonObject | None | Unset, data)

        checksums = _parse_checksums(d.pop("checksums", UNSET))

        created_at = d.pop("created_at", UNSET)

        expires_at = d.pop("expires_at", UNSET)

        etag = d.pop("etag", UNSET)

        def _parse_metadata(data: object) -> JsonObject | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                metadata_type_0 = JsonObject.from_dict(data)

                return metadata_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(JsonObject | None | Unset, data)

        metadata = _parse_metadata(d.pop("metadata", UNSET))

        file = cls(
            id=id,
            urls=urls,
            name=name,
            content_type=content_type,
            size=size,
            checksums=checksums,
            created_at=created_at,
            expires_at=expires_at,
            etag=etag,
            metadata=metadata,
        )

        file.additional_properties = d
        return file

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


from ..models.file_urls import FileUrls
from ..models.json_object import JsonObject
