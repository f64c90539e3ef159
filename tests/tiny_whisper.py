"""A Whisper model of a few megabytes, made by code: it says what it was built to say.

It has what a real one has (special tokens, languages, alignment heads), so that the whole way
through faster-whisper is tested without a download. Its layers are random and add next to
nothing; which token comes is told by the decoder's position alone.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from ctranslate2.specs import whisper_spec  # type: ignore[import-untyped]
from ctranslate2.specs.model_spec import visit_spec  # type: ignore[import-untyped]
from numpy.typing import NDArray
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

WIDTH, HEADS, MELS = 32, 2, 80
FRAMES, POSITIONS = 1500, 448
TEXT_TOKENS = 50_257  # the places of the languages and timestamps are counted from here
LANGUAGES = ("en", "id", "ar", "jw")
PROMPT = 4  # tokens before the first word: start, language, task, no timestamps
SPECIAL = (
    "<|endoftext|>",
    "<|startoftranscript|>",
    *(f"<|{language}|>" for language in LANGUAGES),
    *(f"<|unused{number}|>" for number in range(99 - len(LANGUAGES))),
    "<|translate|>",
    "<|transcribe|>",
    "<|startoflm|>",
    "<|startofprev|>",
    "<|nospeech|>",
    "<|notimestamps|>",
)


def tiny_whisper(
    folder: Path,
    words: tuple[str, ...] = ("good", "evening", "everybody"),
    *,
    language: str = "id",
    sureness: float = 4.0,
) -> Path:
    """Build a model that hears `words` in everything, and `language` where none is told."""
    tokens = [*_text_tokens(words), *SPECIAL, *(f"<|{at * 0.02:.2f}|>" for at in range(1501))]
    said = [f"<|{language}|>", *("",) * (PROMPT - 2), *(f"Ġ{word}" for word in words)]
    spec = whisper_spec.WhisperSpec(1, HEADS, 1, HEADS)
    _fill(spec, tokens, [*said, "<|endoftext|>"], sureness)
    spec.config.lang_ids = [tokens.index(f"<|{one}|>") for one in LANGUAGES]
    spec.config.alignment_heads = [(0, 0)]
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = []
    spec.register_vocabulary(tokens)
    spec.validate()
    folder.mkdir(parents=True)
    spec.save(str(folder))
    (folder / "preprocessor_config.json").write_text(json.dumps({"feature_size": MELS}))
    _tokenizer(tokens).save(str(folder / "tokenizer.json"))
    return folder


def _text_tokens(words: tuple[str, ...]) -> list[str]:
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    said = [f"Ġ{word}" for word in dict.fromkeys(words)]
    fillers = (f"Ġfiller{at}" for at in range(TEXT_TOKENS - len(letters) - len(said) - 1))
    return [*letters, *said, *fillers, ""]  # by the last, a multilingual model is known


def _tokenizer(tokens: list[str]) -> Tokenizer:
    vocabulary = {token: number for number, token in enumerate(tokens[:TEXT_TOKENS])}
    tokenizer = Tokenizer(models.BPE(vocabulary, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = [AddedToken(one, special=True, normalized=False) for one in tokens[TEXT_TOKENS:]]
    tokenizer.add_special_tokens(special)
    return tokenizer


def _fill(spec: Any, tokens: list[str], said: list[str], sureness: float) -> None:
    """Give every variable a value: small random ones, but for what tells the next token."""
    generator = np.random.default_rng(1)
    positions, projection = np.zeros((POSITIONS, WIDTH)), np.zeros((len(tokens), WIDTH))
    for at, token in enumerate(said):
        positions[at, at] = 10
        if token:
            projection[tokens.index(token), at] = sureness
    # The words follow each other every 0.3 s: there the decoder looks when it says them.
    frames = 10 * np.eye(WIDTH)[np.minimum(PROMPT - 1 + np.arange(FRAMES) // 15, WIDTH - 1)]
    told = {
        "decoder/position_encodings/encodings": positions,
        "decoder/projection/weight": projection,
        "decoder/embeddings/weight": 0.01 * generator.standard_normal((len(tokens), WIDTH)),
        "decoder/layer_0/attention/linear_0/weight": np.eye(WIDTH),
        "decoder/layer_0/attention/linear_1/weight": np.eye(2 * WIDTH, WIDTH),
        "encoder/position_encodings/encodings": frames,
        "encoder/conv1/weight": 0.1 * generator.standard_normal((WIDTH, MELS, 3)),
        "encoder/conv2/weight": 0.1 * generator.standard_normal((WIDTH, WIDTH, 3)),
    }

    def fill(layer: Any, name: str, value: Any) -> None:
        key = name.rpartition("/")[2]
        if name in told:
            setattr(layer, key, told[name].astype(np.float32))
        elif value is None or name.endswith(("conv1/bias", "conv2/bias")):
            setattr(layer, key, _small(generator, name))

    visit_spec(spec, fill)


def _small(generator: np.random.Generator, name: str) -> NDArray[np.float32]:
    if name.endswith("gamma"):
        return np.ones(WIDTH, np.float32)
    if name.endswith(("beta", "bias")):
        return np.zeros(WIDTH, np.float32)
    height = 3 * WIDTH if name.endswith("self_attention/linear_0/weight") else WIDTH
    return (0.001 * generator.standard_normal((height, WIDTH))).astype(np.float32)
