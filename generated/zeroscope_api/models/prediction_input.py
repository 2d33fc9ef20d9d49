from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.prediction_input_model import (
    PredictionInputModel,
    check_prediction_input_model,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="PredictionInput")


@_attrs_define
class PredictionInput:
    """The input of the model. Every field has a default or is optional."""

    batch_size: int | Unset = UNSET
    """ Batch size """
    fps: int | Unset = UNSET
    """ fps for the output video """
    guidance_scale: float | Unset = UNSET
    """ Guidance scale """
    height: int | Unset = UNSET
    """ Height of the output video """
    init_video: str | Unset = UNSET
    """ URL of the initial video (optional) """
    init_weight: float | Unset = UNSET
    """ Strength of init_video """
    model: PredictionInputModel | Unset = UNSET
    """ Model to use """
    negative_prompt: str | Unset = UNSET
    """ Negative prompt """
    num_frames: int | Unset = UNSET
    """ Number of frames for the output video """
    num_inference_steps: int | Unset = UNSET
    """ Number of denoising steps """
    prompt: str | Unset = UNSET
    """ Input prompt """
    remove_watermark: bool | Unset = UNSET
    """ Remove watermark """
    seed: int | Unset = UNSET
    """ Random seed. Leave blank to randomize the seed """
    width: int | Unset = UNSET
    """ Width of the output video """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        batch_size = self.batch_size

        fps = self.fps

        guidance_scale = self.guidance_scale

        height = self.height

        init_video = self.init_video

        init_weight = self.init_weight

        model: str | Unset = UNSET
        if not isinstance(self.model, Unset):
            model = self.model

        negative_prompt = self.negative_prompt

        num_frames = self.num_frames

        num_inference_steps = self.num_inference_steps

        prompt = self.prompt

        remove_watermark = self.remove_watermark

        seed = self.seed

        width = self.width

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if batch_size is not UNSET:
            field_dict["batch_size"] = batch_size
        if fps is not UNSET:
            field_dict["fps"] = fps
        if guidance_scale is not UNSET:
            field_dict["guidance_scale"] = guidance_scale
        if height is not UNSET:
            field_dict["height"] = height
        if init_video is not UNSET:
            field_dict["init_video"] = init_video
        if init_weight is not UNSET:
            field_dict["init_weight"] = init_weight
        if model is not UNSET:
            field_dict["model"] = model
        if negative_prompt is not UNSET:
            field_dict["negative_prompt"] = negative_prompt
        if num_frames is not UNSET:
            field_dict["num_frames"] = num_frames
        if num_inference_steps is not UNSET:
            field_dict["num_inference_steps"] = num_inference_steps
        if prompt is not UNSET:
            field_dict["prompt"] = prompt
        if remove_watermark is not UNSET:
            field_dict["remove_watermark"] = remove_watermark
        if seed is not UNSET:
            field_dict["seed"] = seed
        if width is not UNSET:
            field_dict["width"] = width

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        batch_size = d.pop("batch_size", UNSET)

        fps = d.pop("fps", UNSET)

        guidance_scale = d.pop("guidance_scale", UNSET)

        height = d.pop("height", UNSET)

        init_video = d.pop("init_video", UNSET)

        init_weight = d.pop("init_weight", UNSET)

        _model = d.pop("model", UNSET)
        model: PredictionInputModel | Unset
        if isinstance(_model, Unset):
            model = UNSET
        else:
            model = check_prediction_input_model(_model)

        negative_prompt = d.pop("negative_prompt", UNSET)

        num_frames = d.pop("num_frames", UNSET)

        num_inference_steps = d.pop("num_inference_steps", UNSET)

        prompt = d.pop("prompt", UNSET)

        remove_watermark = d.pop("remove_watermark", UNSET)

        seed = d.pop("seed", UNSET)

        width = d.pop("width", UNSET)

        prediction_input = cls(
            batch_size=batch_size,
            fps=fps,
            guidance_scale=guidance_scale,
            height=height,
            init_video=init_video,
            init_weight=init_weight,
            model=model,
            negative_prompt=negative_prompt,
            num_frames=num_frames,
            num_inference_steps=num_inference_steps,
            prompt=prompt,
            remove_watermark=remove_watermark,
            seed=seed,
            width=width,
        )

        prediction_input.additional_properties = d
        return prediction_input

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
