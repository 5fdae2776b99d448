"""The vocabulary of a model, as its files list it: a words file, a JSON map of ids, a tokenizer.json."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterable, Sequence
from typing import Any, NamedTuple, NoReturn

from corpora.errors import InputError
from w2v.transfer.pieces import Marks, Piece, guess_marks, marks_of_tokenizer, read_piece

_JSON = re.compile(rb'\s*\{\s*("|\}\s*$)')  # a words file may begin with the token {
_WORD_COUNT = re.compile(r"([^ ]+) [0-9]+")
_NOT_IN_TOKENS = re.compile(r"[\t\v\f\r\0]|^ | $")
_PADDING_NAMES = ("<pad>", "[pad]")  # compared in lower case


class ModelVocabulary(NamedTuple):
    """The n tokens of a model in the order of their ids, and the word each stands for."""

    tokens: tuple[str, ...]
    pieces: tuple[Piece, ...]
    kind: str  # of file, for people
    marks: Marks
    padding: str | None  # the token that the file itself calls padding

    def words(self, *, parts: bool = True) -> list[str | None]:
        """The word to look up for each token; None for tokens that are parts of words, unless `parts`."""
        return [piece.word if parts or not piece.is_part else None for piece in self.pieces]


def read_model_vocabulary(path: str | os.PathLike[str], *, specials: Sequence[str] = ()) -> ModelVocabulary:
    """Reads the tokens of a model; what kind of file it is, its content tells.

    - A words file has one token a line; "word count" lines, as `w2v vocab` and fairseq write them, are taken
      too, without the counts.
    - A JSON map gives each token its id, as vocab.json of GPT-2 does.
    - A tokenizer.json of Hugging Face lists a vocabulary (BPE, WordPiece, WordLevel, Unigram) and tokens that
      were added to it.

    Args:
        path: the file, in UTF-8.
        specials: tokens that the model has in front of those of a words file.

    Raises:
        ValueError: specials are given for a file that has ids of its own, or one of them occurs twice.
        InputError: the file cannot be read or is broken (V10, V16), a token or an id occurs twice (V06), or
            an id is missing or no whole number (V15).
    """
    path = os.fspath(path)
    if len(set(specials)) != len(specials) or "" in specials:
        raise ValueError(f"specials must be distinct and not empty, got {','.join(specials)}")
    data = _read_file(path)
    if not _JSON.match(data):
        return _words_file(data, specials, path)
    if specials:
        raise ValueError("specials go in front of a words file; this file has an id for each of its tokens")
    spec = _parse_json(data, path)
    if isinstance(spec.get("model"), dict) and "vocab" in spec["model"]:
        return _tokenizer(spec, path)
    tokens = _in_order(spec.items(), path)
    marks = guess_marks(tokens)
    return ModelVocabulary(tokens, _pieces(tokens, marks), "a map of ids", marks, None)


def find_padding(
    vocabulary: ModelVocabulary, *, named: str | None = None, specials: Sequence[str] = ()
) -> int | None:
    """The row of the padding token, or None where there is none.

    It is the token named, else the one that the file calls padding, else <pad> or [PAD], else the first of
    the specials.

    Raises:
        ValueError: the token named is not in the vocabulary.
    """
    ids = {token: row for row, token in enumerate(vocabulary.tokens)}
    if named is not None:
        if named not in ids:
            raise ValueError(f"padding must be a token of the vocabulary, {named!r} is not among them")
        return ids[named]
    if vocabulary.padding in ids:
        return ids[vocabulary.padding]
    by_name = next((row for token, row in ids.items() if token.lower() in _PADDING_NAMES), None)
    return ids[specials[0]] if by_name is None and specials else by_name


def _read_file(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise InputError(
            "V10",
            f"cannot read: {error.strerror or error}",
            path=path,
            fix="pass the words file, vocab.json or tokenizer.json of the model",
        ) from error
    try:
        data.decode()
    except UnicodeDecodeError as error:
        raise InputError(
            "V10",
            f"not UTF-8 text, hex {data[error.start : error.start + 8].hex(' ')}",
            path=path,
            byte=error.start,
            fix="save the vocabulary as UTF-8 text; a SentencePiece .model must become a tokenizer.json",
        ) from None
    return data.removeprefix(b"\xef\xbb\xbf")


def _words_file(data: bytes, specials: Sequence[str], path: str) -> ModelVocabulary:
    lines = data.decode().replace("\r\n", "\n").rstrip("\n").split("\n")
    if lines == [""]:
        raise InputError("V10", "empty vocabulary file", path=path, fix="write one token a line")
    counted = [_WORD_COUNT.fullmatch(line) for line in lines]
    has_counts = all(counted)
    tokens = [found[1] for found in counted] if has_counts else lines
    first_lines: dict[str, int] = {}
    for number, token in enumerate(tokens, start=1):
        if not token or _NOT_IN_TOKENS.search(token):
            _refuse_line("V10", f"expected one token, found {token[:60]!r}", path, number)
        if token in specials:
            _refuse_line("V06", f"{token!r} is one of the specials already", path, number)
        if first_lines.setdefault(token, number) != number:
            _refuse_line("V06", f"{token!r} stands in line {first_lines[token]} already", path, number)
    marks = guess_marks(tokens)
    special_pieces = tuple(Piece(token, is_part=False) for token in specials)
    kind = 'a file of "word count" lines' if has_counts else "a words file"
    return ModelVocabulary((*specials, *tokens), special_pieces + _pieces(tokens, marks), kind, marks, None)


def _refuse_line(identifier: str, problem: str, path: str, line: int) -> NoReturn:
    fix = "keep one token a line, each once, in the order of the model's ids"
    raise InputError(identifier, problem, path=path, line=line, fix=fix)


def _pieces(tokens: Iterable[str], marks: Marks, *, verbatim: Collection[str] = ()) -> tuple[Piece, ...]:
    return tuple(
        Piece(token, is_part=False) if token in verbatim else read_piece(token, marks) for token in tokens
    )


def _parse_json(data: bytes, path: str) -> dict[str, Any]:
    def distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            seen: set[str] = set()
            twice = next(key for key, _ in pairs if key in seen or seen.add(key))
            raise InputError("V06", f"{twice!r} stands twice", path=path, fix="keep one of the two")
        return found

    try:
        return json.loads(data, object_pairs_hook=distinct)
    except (ValueError, RecursionError) as error:
        _refuse_json(f"not JSON: {error}", path)


def _tokenizer(spec: dict[str, Any], path: str) -> ModelVocabulary:
    model = spec["model"]
    ids = _model_ids(model["vocab"], path)
    added = _added_tokens(spec.get("added_tokens") or [], path)
    known = dict(ids)
    for token, number in added:
        if known.get(token, number) != number:
            _refuse_ids("V06", f"{token!r} has the ids {known[token]} and {number}", path)
    tokens = _in_order([*ids, *(pair for pair in added if pair[0] not in known)], path)
    marks = marks_of_tokenizer(spec, tokens)
    padding = spec.get("padding")
    named = padding.get("pad_token") if isinstance(padding, dict) else None
    return ModelVocabulary(
        tokens,
        _pieces(tokens, marks, verbatim={token for token, _ in added}),
        f"a tokenizer.json ({model.get('type') or type(model['vocab']).__name__})",
        marks,
        named if isinstance(named, str) else None,
    )


def _model_ids(vocab: Any, path: str) -> list[tuple[str, Any]]:
    """Token and id of each entry: BPE, WordPiece and WordLevel have a map, Unigram a list with scores."""
    if isinstance(vocab, dict):
        return list(vocab.items())
    if not isinstance(vocab, list) or not all(
        isinstance(entry, list) and entry and isinstance(entry[0], str) for entry in vocab
    ):
        _refuse_json("model.vocab is neither a map of ids nor a list of tokens with scores", path)
    return [(entry[0], place) for place, entry in enumerate(vocab)]


def _added_tokens(entries: Any, path: str) -> list[tuple[str, Any]]:
    if not isinstance(entries, list) or not all(
        isinstance(entry, dict) and isinstance(entry.get("content"), str) and "id" in entry
        for entry in entries
    ):
        _refuse_json("added_tokens is no list of tokens with content and id", path)
    return [(entry["content"], entry["id"]) for entry in entries]


def _in_order(pairs: Sequence[tuple[str, Any]], path: str) -> tuple[str, ...]:
    """The tokens by their ids, which must be all the whole numbers from 0 on, each once."""
    token_of: dict[int, str] = {}
    for token, number in pairs:
        if type(number) is not int or number < 0:
            shown = f"{token[:60]!r} has the id {str(number)[:60]}"
            _refuse_ids("V15", f"{shown}, expected a whole number of 0 or more", path)
        if number in token_of:
            _refuse_ids("V06", f"{token_of[number]!r} and {token!r} both have the id {number}", path)
        token_of[number] = token
    if not token_of:
        _refuse_json("there are 0 tokens in it", path)
    gap = next((number for number in range(len(token_of)) if number not in token_of), None)
    if gap is not None:
        found = f"{len(token_of)} tokens have ids up to {max(token_of)}"
        _refuse_ids("V15", f"no token has the id {gap}, and {found}", path)
    if len(set(token_of.values())) != len(token_of):
        seen: set[str] = set()
        twice = next(token for token in token_of.values() if token in seen or seen.add(token))
        _refuse_ids("V06", f"{twice!r} has two ids", path)
    return tuple(token_of[number] for number in range(len(token_of)))


def _refuse_json(problem: str, path: str) -> NoReturn:
    fix = "pass the words file, vocab.json or tokenizer.json of the model, whole and as it was saved"
    raise InputError("V16", problem, path=path, fix=fix)


def _refuse_ids(identifier: str, problem: str, path: str) -> NoReturn:
    fix = "give each token one id, from 0 on without gaps: row i of the table is the token with id i"
    raise InputError(identifier, problem, path=path, fix=fix)
