"""Names what a file is that holds no vectors `w2v` reads, from its first bytes; nothing is unpacked."""

from __future__ import annotations

import re
from typing import NamedTuple

from corpora.errors import InputError


class _Signature(NamedTuple):
    identifier: str
    pattern: re.Pattern[bytes]
    name: str
    fix: str


def refuse_foreign(head: bytes, path: str) -> None:
    """Raises InputError if the first bytes of a file are those of a known kind of file without vectors."""
    for signature in _SIGNATURES:
        if signature.pattern.match(head):
            raise InputError(
                signature.identifier,
                f"this is {signature.name}, not a file of word vectors",
                path=path,
                fix=signature.fix,
            )


_EXPECTED = "pass a file of word vectors: `w2v convert --help` lists the formats"
_PICKLE_FIX = (
    "a pickle can run code, so w2v never opens one; in a trusted place load it with gensim "
    "and call `save_word2vec_format`"
)
_UNPACK = "unpack it once by hand, then pass the unpacked file"


def _signature(identifier: str, pattern: bytes, *, name: str, fix: str = _EXPECTED) -> _Signature:
    return _Signature(identifier, re.compile(pattern, re.DOTALL), name, fix)


_SIGNATURES = (
    _signature(
        "R05", rb"\x80[\x01-\x05]", name="a Python pickle (gensim .model or .kv, or torch)", fix=_PICKLE_FIX
    ),
    _signature(
        "R05",
        rb"(?:\([dl]p\d+\n|[\]})]q\x00|c(?:copy_reg|__builtin__|builtins|os|posix|nt|gensim|numpy)[\w.]*\n\w+\n)",
        name="an old Python pickle",
        fix=_PICKLE_FIX,
    ),
    _signature("R06", rb"\x1f\x8b", name="a gzip archive inside another", fix=_UNPACK),
    _signature("R06", rb"BZh[1-9]1AY&SY", name="a bzip2 archive inside another", fix=_UNPACK),
    _signature("R06", rb"\xfd7zXZ\x00", name="an xz archive inside another", fix=_UNPACK),
    _signature("R06", rb"\x28\xb5\x2f\xfd", name="a zstd archive inside another", fix=_UNPACK),
    _signature("R03", rb"PK(?:\x03\x04|\x05\x06)", name="a zip archive (also .npz and torch .pt)"),
    _signature("R03", rb".{257}ustar", name="a tar archive"),
    _signature("R03", rb"\x89HDF\r\n\x1a\n", name="an HDF5 file"),
    _signature("R03", rb"\x7fELF", name="a program (ELF)"),
    _signature("R03", rb"\x89PNG\r\n\x1a\n", name="a picture (PNG)"),
    _signature("R03", rb"%PDF-\d", name="a PDF document"),
    _signature("R03", rb"FiFu", name="a finalfusion file"),
    _signature(
        "R03",
        rb"version https://git-lfs\.github\.com/spec/",
        name="a Git LFS pointer, which stands for a file that was not downloaded",
        fix="run `git lfs pull`, then pass the real file",
    ),
    _signature(
        "R03",
        rb"(?:\xef\xbb\xbf)?\s*<(?i:!doctype|html|\?xml)",
        name="a web page (HTML)",
        fix="the download gave a page in place of the file: download it again",
    ),
    _signature(
        "R03",
        rb"(?:\xef\xbb\xbf)?\s*(?:\{\s*(?:\"|\})|\[\s*(?:\{|\[|\"|\]))",
        name="JSON",
        fix="the download may have given an error message in place of the file: open it and read",
    ),
)
