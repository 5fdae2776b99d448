"""Which word a token of a tokenizer stands for: the marks of byte-level BPE, SentencePiece and WordPiece."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

_SENTENCEPIECE_START = "\u2581"  # the lower block that stands for a space
_WORD_END = "</w>"


class Marks(NamedTuple):
    """How the tokens of a vocabulary show where words begin and end; empty strings where they do not."""

    start: str = ""  # begins a token that begins a word
    continuation: str = ""  # begins a token that continues a word
    end: str = ""  # ends a token that ends a word
    is_byte_level: bool = False  # each character is a byte, and the start is a space

    def __str__(self) -> str:
        start = "\u0120" if self.is_byte_level else self.start  # a space, as byte-level tokens write it
        parts = ["byte-level"] if self.is_byte_level else []
        parts += [f"{start} begins a word"] if self.start else []
        parts += [f"{self.continuation} continues a word"] if self.continuation else []
        parts += [f"{self.end} ends a word"] if self.end else []
        return ", ".join(parts) or "tokens are words"


class Piece(NamedTuple):
    """What a token stands for."""

    word: str | None  # what to look up: the token without marks; None where nothing readable is left
    is_part: bool  # whether it is a part of a longer word, as far as the marks tell


def read_piece(token: str, marks: Marks) -> Piece:
    """The word of a token.

    Where words begin with a mark, a token of letters without one is a part of a word; a sign is not, since
    signs follow words without a space.
    """
    text = _decode_bytes(token) if marks.is_byte_level else token
    if text is None:
        return Piece(None, is_part=True)
    is_part = False
    if marks.continuation and text.startswith(marks.continuation):
        text, is_part = text.removeprefix(marks.continuation), True
    if marks.start:
        is_part |= not text.startswith(marks.start) and any(map(str.isalpha, text))
        text = text.removeprefix(marks.start)
    if marks.end:
        is_part |= not text.endswith(marks.end)
        text = text.removesuffix(marks.end)
    return Piece(text if text.strip() else None, is_part)


def guess_marks(tokens: Collection[str]) -> Marks:
    """The marks of a vocabulary that is a list and nothing more.

    SentencePiece's have a lower block before letters, byte-level ones a token for each of the 256 bytes,
    WordPiece's [UNK] and tokens that begin with ##; those of CLIP end words with </w>. Without such signs
    the tokens are words.
    """
    known = set(tokens)
    end = _WORD_END if any(token.endswith(_WORD_END) and token[:-4].isalpha() for token in tokens) else ""
    if _is_sentencepiece(tokens):  # first: a large vocabulary may hold all characters of the byte alphabet
        return Marks(start=_SENTENCEPIECE_START)
    if known.issuperset(_BYTE_OF):
        return Marks("" if end else " ", end=end, is_byte_level=True)
    if end:
        return Marks(end=end)
    if "[UNK]" in known and any(token[:2] == "##" and token[2:3].isalnum() for token in tokens):
        return Marks(continuation="##")
    return Marks()


def marks_of_tokenizer(spec: dict[str, Any], tokens: Collection[str]) -> Marks:
    """The marks that a tokenizer.json names; SentencePiece's are told by the tokens where it names none."""
    model = spec["model"]
    if model.get("type") == "WordLevel":
        return Marks()
    parts = list(_components(spec.get("pre_tokenizer"))) + list(_components(spec.get("decoder")))
    continuation, end = (
        mark if isinstance(mark, str) else ""
        for mark in (model.get("continuing_subword_prefix"), model.get("end_of_word_suffix"))
    )
    if any(part.get("type") == "ByteLevel" for part in parts):
        return Marks("" if end else " ", continuation, end, is_byte_level=True)
    named = next((part.get("replacement") for part in parts if part.get("type") == "Metaspace"), None)
    if isinstance(named, str) and named:
        return Marks(named, continuation, end)
    return Marks(_SENTENCEPIECE_START if _is_sentencepiece(tokens) else "", continuation, end)


def _is_sentencepiece(tokens: Collection[str]) -> bool:
    return any(token[:1] == _SENTENCEPIECE_START and token[1:2].isalpha() for token in tokens)


def _components(part: Any) -> Iterator[dict[str, Any]]:
    """A component of a tokenizer, and those that a Sequence holds."""
    waiting = [part]
    while waiting:
        found = waiting.pop()
        if isinstance(found, list):
            waiting += found
        elif isinstance(found, dict):
            yield found
            waiting += [value for value in found.values() if isinstance(value, (dict, list))]


def _byte_alphabet() -> dict[str, int]:
    """The character that byte-level vocabularies write for each byte, as GPT-2 does.

    Bytes that are printable in Latin-1 stand for themselves, the others take the characters from 256 on.
    """
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {
        chr(256 + place): byte for place, byte in enumerate(others)
    }


_BYTE_OF = _byte_alphabet()


def _decode_bytes(token: str) -> str | None:
    """The text of a byte-level token; None where its bytes are a part of a character."""
    try:
        return bytes(_BYTE_OF[character] for character in token).decode()
    except UnicodeDecodeError:
        return None
    except KeyError:  # a token that was added as it stands
        return token
