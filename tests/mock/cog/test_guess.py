"""The schemas of models of which only the name is known."""

from __future__ import annotations

from typing import Any

import pytest

from zeroscope_mock.cog.guess import guess_schema
from zeroscope_mock.lifecycle.default_output import default_output
from zeroscope_mock.lifecycle.model_input import InputReader

TOKENS, TEXT, IMAGES = "tokens", "text", ["mock:file.png"]
VIDEO, SOUND, MESH = "mock:file.mp4", "mock:file.wav", "mock:file.glb"


@pytest.mark.parametrize(
    ("names", "output"),
    [
        ("meta/meta-llama-3-70b-instruct anthropic/claude-4-sonnet openai/gpt-4o openai/o4-mini", TOKENS),
        ("deepseek-ai/deepseek-r1 google/gemini-2.5-flash qwen/qwen3-235b yorickvp/llava-13b", TOKENS),
        ("google/veo-3-fast kwaivgi/kling-v2.1 minimax/video-01 wan-video/wan-2.2-i2v luma/ray-2-720p", VIDEO),
        ("openai/sora-2 stability-ai/stable-video-diffusion tencent/hunyuan-video", VIDEO),
        ("openai/whisper vaibhavs10/incredibly-fast-whisper openai/gpt-4o-transcribe acme/speech-to-text", TEXT),
        ("minimax/speech-02-hd meta/musicgen suno-ai/bark lucataco/xtts-v2 jaaari/kokoro-82m", SOUND),
        ("firtoz/trellis tencent/hunyuan3d-2 acme/text-to-3d", MESH),
        ("salesforce/blip lucataco/moondream2", TEXT),
        ("black-forest-labs/flux-schnell stability-ai/sdxl google/imagen-4 openai/gpt-image-1", IMAGES),
        ("google/gemini-2.5-flash-image qwen/qwen-image ideogram-ai/ideogram-v3 acme/thing", IMAGES),
        # By the owner, where the name says nothing.
        ("whisper/large-v3", TEXT),
    ],
)
def test_guess__by_name(names: str, output: Any) -> None:
    """The words of a name tell what a model makes; a name without such a word is one of a model of images."""
    for name in names.split():
        assert kind_of(name, {}) == output, name


@pytest.mark.parametrize(
    ("sent", "output"),
    [
        ({"prompt": "a", "max_tokens": 9}, TOKENS),
        ({"messages": [{"role": "user", "content": "a"}]}, TOKENS),
        ({"prompt": "a", "fps": 9}, VIDEO),
        ({"text": "a", "voice": "b"}, SOUND),
        ({"prompt": "a"}, IMAGES),
        ({"prompt": "a", "num_outputs": 2, "output_format": "webp"}, ["mock:file.webp"] * 2),
    ],
)
def test_guess__by_input(sent: dict[str, Any], output: Any) -> None:
    """Where a name says nothing, the fields of the input do."""
    assert kind_of("acme/thing", sent) == output


def test_guess__embedding() -> None:
    """A model of embeddings returns numbers."""
    schema = guess_schema("nateraw/bge-large-en-v1.5", {})

    output = default_output(schema, InputReader.of(schema).read({}), 7)

    assert len(output) == 384 and all(-1 <= number <= 1 for number in output)


def test_guess__takes_any_object() -> None:
    """Nothing in an input is refused, and equal guesses share one schema."""
    schema = guess_schema("acme/thing", {})

    assert schema.invalid_fields({"anything": [1, {}]}, "input") == []
    assert guess_schema("acme/other-thing", {}) is schema


def kind_of(name: str, sent: dict[str, Any]) -> Any:
    """The output of a model with a name for an input, with a word in place of texts."""
    schema = guess_schema(name, sent)
    output = default_output(schema, InputReader.of(schema).read(sent), 7)
    if schema.returns.root.joined:
        return TOKENS
    return TEXT if schema.returns.root.kind == "text" else output
