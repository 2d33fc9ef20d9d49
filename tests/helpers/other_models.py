"""Other models, with inputs for them and the expected results.

The files hold the schemas of a model version as the service describes it: titles everywhere, enumerations as references
within `allOf`, `nullable`, and fields in the order of `x-order`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MODELS = Path(__file__).parent / "models"


@dataclass(frozen=True)
class Model:
    """A model, with inputs for it and the expected results."""

    name: str
    valid: dict[str, Any]
    """An input with every kind of field, as a program passes it."""
    options: list[str]
    """The same as options of the command."""
    invalid: list[tuple[dict[str, Any], list[list[str]], list[list[str]]]]
    """Invalid inputs, each with the invalid fields that the client and the mock server report."""
    help: list[str]
    """Lines of the help."""
    accepted: list[str]
    """Arguments of `run` that type checkers accept."""
    rejected: dict[str, tuple[str, str]]
    """Arguments that they reject, each with a part of the messages of mypy and pyright."""
    results: int = 1
    """The number of files that the valid input asks for."""
    suffix: str = "png"
    """Their suffix."""
    schemas: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        read = json.loads((MODELS / f"{self.name}.json").read_text(encoding="utf-8"))
        object.__setattr__(self, "schemas", read)

    def __str__(self) -> str:
        return self.name

    @property
    def fields(self) -> dict[str, Any]:
        """The properties of the input schema, as the service describes them."""
        properties: dict[str, Any] = self.schemas["Input"]["properties"]
        return properties

    @property
    def minimal(self) -> dict[str, Any]:
        """The input with the required fields alone."""
        return {name: self.valid[name] for name in self.schemas["Input"].get("required", [])}

    def boundaries(self) -> Iterator[tuple[dict[str, Any], bool]]:
        """Yield inputs with one field at a bound or just beyond it, and whether they are valid."""
        for name, schema in self.fields.items():
            for bound, step in (("minimum", -1), ("maximum", 1)):
                if bound in schema:
                    for value, valid in ((schema[bound], True), (schema[bound] + step, False)):
                        yield {**self.minimal, name: value}, valid


UPSCALER = Model(
    name="upscaler",
    valid={"image": "https://h.test/a.png", "scale": 2.5, "style": "line art", "prompts": ["a", "b"], "mask": None},
    options=["--image=https://h.test/a.png", "--scale=2.5", "--style=line art", "--prompts=a", "--prompts=b"],
    invalid=[
        (
            {"scale": 4},
            [["input", '"image" is a required property']],
            [["input", "image is required"]],
        ),
        (
            {"image": "https://h.test/a.png", "style": "oil", "prompts": ["a", 5]},
            [
                ["input.prompts.1", "5 is not of type string"],
                ["input.style", "'oil' is not one of photo, anime, line art"],
            ],
            [
                ["input.prompts.1", "Invalid type. Expected: string, given: integer"],
                ["input.style", 'input.style must be one of the following: "photo", "anime", "line art"'],
            ],
        ),
        (
            {"image": "https://h.test/a.png", "prompts": "a"},
            [["input.prompts", "'a' is not of type array"]],
            [["input.prompts", "Invalid type. Expected: array, given: string"]],
        ),
        (
            {"image": None},
            [["input.image", "None is not a URL, a path, bytes or an open binary file"]],
            [["input.image", "Invalid type. Expected: string, given: null"]],
        ),
    ],
    help=[
        "--image URL|PATH Picture to enlarge. Or the path of a file; in Python, its bytes or an open binary file as w",
        "--scale FLOAT How many times as large. Between 0 and 10. Default: 4.",
        '--style CHOICE What kind of picture it is: "photo" [the usual], or a drawing. Default: photo. [choices: ',
        "--prompts STR... --empty-prompts What to look for One thing in each.",
        "--mask URL|PATH What to leave as it is.",
    ],
    accepted=['image=b"bytes", mask=None', 'image=Path("a.png"), style="anime", prompts=["a"], scale=2'],
    rejected={
        'style="anime"': ('Missing named argument "image"', 'Argument missing for parameter "image"'),
        "image=None": ('Argument "image" to "run"', '"None" cannot be assigned to parameter "image"'),
        'image="a", style="oil"': (
            "expected \"Literal['anime', 'line art', 'photo']\"",
            "\"Literal['oil']\" is not assignable to type \"Literal['line art']\"",
        ),
        'image="a", prompts=[1]': ('expected "str"', '"Literal[1]" is not assignable to "str"'),
        'image="a", prompt="a"': ('Unexpected keyword argument "prompt"', 'No parameter named "prompt"'),
    },
)

PAINTER = Model(
    name="painter",
    valid={
        "prompt": "a lighthouse",
        "negative_prompt": None,
        "image": None,
        "width": 512,
        "num_outputs": 2,
        "scheduler": "DDIM",
        "seed": None,
        "refine": "base_image_refiner",
        "refine_steps": 5,
        "apply_watermark": False,
        "styles": [],
    },
    results=2,
    options=["a lighthouse", "--width=512", "--num-outputs=2", "--refine=base_image_refiner", "--no-apply-watermark"],
    invalid=[
        (
            {"prompt": "x", "width": 513, "refine": "much", "seed": -1},
            [
                ["input.refine", "'much' is not one of base_image_refiner, expert_ensemble_refiner"],
                ["input.seed", "-1 is too small, at least 0 is needed"],
                ["input.width", "513 is not one of 512, 768, 1024"],
            ],
            [
                [
                    "input.refine",
                    'input.refine must be one of the following: "base_image_refiner", "expert_ensemble_refiner"',
                ],
                ["input.seed", "Must be greater than or equal to 0"],
                ["input.width", "input.width must be one of the following: 512, 768, 1024"],
            ],
        ),
        (
            {"prompt": None, "num_outputs": 1.5, "lora_scale": None},
            [
                ["input.lora_scale", "None is not of type number; leave it out for the default"],
                ["input.num_outputs", "1.5 is not of type integer"],
                ["input.prompt", "None is not of type string"],
            ],
            [
                ["input.lora_scale", "Invalid type. Expected: number, given: null"],
                ["input.num_outputs", "Invalid type. Expected: integer, given: number"],
                ["input.prompt", "Invalid type. Expected: string, given: null"],
            ],
        ),
        (
            {},
            [["input", '"prompt" is a required property']],
            [["input", "prompt is required"]],
        ),
    ],
    help=[
        "PROMPT What the video should show.",
        "--prompt STR What to paint.",
        "--width CHOICE Width of the picture. Default: 1024. [choices: 512, 768, 1024]",
        "--seed INT Random seed. At least 0.",
        "--refine CHOICE How to refine. [choices: base_image_refiner, expert_ensemble_refiner]",
        "--apply-watermark --no-apply-watermark Whether to put a watermark on it. Default: true.",
        "--image URL|PATH Picture to start from. Or the path of a file;",
        "Styles to mix. Default: ['oil', 'ink'].",
    ],
    accepted=[
        'prompt="x", width=768, seed=None, image=None, refine=None',
        'prompt="x", negative_prompt=None, image="a.png", mask=b"bytes", styles=["oil"]',
    ],
    rejected={
        "width=512": ('Missing named argument "prompt"', 'Argument missing for parameter "prompt"'),
        'prompt="x", width=500': ('expected "Literal[512, 768, 1024]"', '"Literal[500]" is not assignable'),
        'prompt="x", mask=None': ('Argument "mask" to "run"', '"None" cannot be assigned to parameter "mask"'),
        'prompt="x", seed="7"': ('expected "int | None"', "\"Literal['7']\" is not assignable"),
        'prompt="x", fps=8': ('Unexpected keyword argument "fps"', 'No parameter named "fps"'),
    },
)

SPEAKER = Model(
    name="speaker",
    suffix="mp4",
    valid={"text": "hello", "version": "v1.2", "type": "mp3", "id": 3, "format": True, "fps": "few"},
    options=["--text=hello", "--input.version=v1.2", "--type=mp3", "--id=3", "--input.format", "--fps=few"],
    invalid=[
        (
            {"version": "v1.1", "id": -2},
            [
                ["input", '"text" is a required property'],
                ["input.id", "-2 is too small, at least -1 is needed"],
                ["input.version", "'v1.1' is not one of v1.2, 2"],
            ],
            [
                ["input", "text is required"],
                ["input.id", "Must be greater than or equal to -1"],
                ["input.version", 'input.version must be one of the following: "v1.2", "2"'],
            ],
        ),
        (
            {"text": "x", "version": "2", "fps": 8},
            [["input.fps", "8 is not of type string"]],
            [["input.fps", "Invalid type. Expected: string, given: integer"]],
        ),
    ],
    help=[
        "--text STR What is to be spoken. [required]",
        "--input.version CHOICE Which of the voices. [choices: 2, v1.2] [required]",
        "--type CHOICE Kind of file. Default: wav. [choices: mp3, wav]",
        "--input URL|PATH A recording of the voice.",
        "--id INT Id. At least -1. Default: -1.",
        "--input.format --input.no-format Format. Default: false.",
        "--fps STR Frames, in words. Default: as recorded.",
    ],
    accepted=['text="x", version="2", input=b"bytes", id=1, format=False, fps="few"'],
    rejected={
        'text="x", version="3"': ("expected \"Literal['2', 'v1.2']\"", "\"Literal['3']\" is not assignable"),
        'text="x", version="2", fps=8': ('expected "str"', '"Literal[8]" is not assignable to "str"'),
    },
)

ALL = (UPSCALER, PAINTER, SPEAKER)
