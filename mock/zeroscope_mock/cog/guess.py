"""The schemas of models of which only the name is known, by the words in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, Literal

from .field_names import known_role
from .model_schema import ModelSchema

Guess = Literal["transcription", "embedding", "3d", "video", "sound", "image", "caption", "reply"]
"""What a model makes."""

# LangChain takes the first field for that of the prompt, and fails if there is none.
_INPUT: Mapping[str, Any] = {
    "type": "object",
    "properties": {"prompt": {"title": "Prompt", "x-order": 0}},
    "additionalProperties": True,
}
_FILE: Mapping[str, Any] = {"type": "string", "format": "uri"}
_TEXT: Mapping[str, Any] = {"type": "string"}
_OUTPUTS: Mapping[Guess, Mapping[str, Any]] = {
    "transcription": {**_TEXT, "title": "Transcription"},
    "embedding": {"type": "array", "items": {"type": "number"}, "title": "Embedding"},
    "3d": {**_FILE, "description": "A mesh as GLB"},
    "video": {**_FILE, "description": "A video"},
    "sound": {**_FILE, "description": "An audio file"},
    "image": {"type": "array", "items": {**_FILE, "description": "An image"}},
    "caption": {**_TEXT, "title": "Caption"},
    "reply": {
        "type": "array",
        "items": _TEXT,
        "x-cog-array-type": "iterator",
        "x-cog-array-display": "concatenate",
    },
}
# The first line with a word of the name decides; words with a hyphen are several words of the name.
_VIDEO_WORDS = (
    "video videos animate animatediff animation veo kling sora wan hailuo ray gen3 gen4 cogvideo cogvideox mochi ltx"
    " pixverse seedance svd i2v t2v text2video img2vid sadtalker lipsync zeroscope"
)
_SOUND_WORDS = (
    "tts speech music musicgen bark voice kokoro xtts audio audiogen riffusion song lyria sound orpheus chatterbox dia"
    " rvc demucs"
)
_IMAGE_WORDS = (
    "image images imagen flux sdxl sd diffusion ideogram recraft photo photon seedream esrgan gfpgan rembg upscale"
    " upscaler inpaint controlnet kontext dalle banana face avatar background"
)
_REPLY_WORDS = (
    "gpt gemini gemma qwen phi falcon vicuna dolly mpt granite o1 o3 o4 grok llm yi codellama starcoder coder arctic"
    " command kimi glm"
)
_WORDS: tuple[tuple[Guess, str], ...] = (
    ("transcription", "whisper whisperx transcribe transcription asr diarization stt speech-to-text subtitles"),
    ("embedding", "embed embedding embeddings embeddinggemma bge gte clip-features imagebind"),
    ("3d", "3d mesh trellis splat triposr dreamgaussian shap-e hunyuan3d rodin"),
    ("reply", "videollama llama llava claude deepseek mistral mixtral chat instruct"),
    ("video", _VIDEO_WORDS),
    ("sound", _SOUND_WORDS),
    ("caption", "caption captioning captioner blip moondream interrogator ocr describe image-to-text img2prompt"),
    ("image", _IMAGE_WORDS),
    ("reply", _REPLY_WORDS),
)
_BY_FIELD: tuple[tuple[Guess, frozenset[str]], ...] = (
    ("reply", frozenset(("max_tokens", "stop"))),
    ("video", frozenset(("fps", "num_frames"))),
)
_SOUND_FIELDS = frozenset(("voice", "voice_id", "speaker", "speaker_id", "lyrics", "sample_rate"))
_REPLY_FIELDS = frozenset(("messages", "system_prompt", "system"))
_NUMBER_AT_END = re.compile(r"[0-9]+[a-z]?$")
_SEPARATORS = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME = 200


def guess_schema(name: str, sent: Mapping[str, Any]) -> ModelSchema:
    """A schema that a model may have: any object as input, and an output by the words of its name.

    Where the name says nothing, the fields of an input decide; a model without any sign makes images.

    Args:
        name: The owner and the name, as `owner/name`.
        sent: An input for the model.
    """
    return _schema_of(_by_name(name) or _by_fields(sent) or "image")


@cache
def _schema_of(guess: Guess) -> ModelSchema:
    schemas = {"Input": _INPUT, "Output": _OUTPUTS[guess]}
    return ModelSchema({"openapi": "3.0.2", "components": {"schemas": schemas}})


@lru_cache(maxsize=1024)
def _by_name(name: str) -> Guess | None:
    """What a model makes by its own name, or else by its owner's."""
    owner, _, own = name.lower().partition("/")
    return next((found for part in (own, owner) if (found := _by_words(part))), None)


def _by_words(name: str) -> Guess | None:
    words = [word for word in _SEPARATORS.split(name[:_LONGEST_NAME]) if word]
    # `llama3` and `gpt4o` count as `llama` and `gpt`.
    known = {*words, *(_NUMBER_AT_END.sub("", word) for word in words)}
    known.update("-".join(words[place : place + count]) for count in (2, 3) for place in range(len(words)))
    for guess, texts in _WORDS:
        if not known.isdisjoint(texts.split()):
            return guess
    return None


def _by_fields(sent: Mapping[str, Any]) -> Guess | None:
    meanings = {role.meaning for name in sent if (role := known_role(name[:_LONGEST_NAME]))}
    for guess, known in _BY_FIELD:
        if known & meanings:
            return guess
    if _REPLY_FIELDS & sent.keys():
        return "reply"
    return "sound" if _SOUND_FIELDS & sent.keys() else None
