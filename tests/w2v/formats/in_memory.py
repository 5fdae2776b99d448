"""Files of vectors that are written and read in memory, by the same code as those on a disk."""

import io

from w2v.formats import read_source
from w2v.formats.reading import ReadOptions, gather
from w2v.formats.source import source_of
from w2v.formats.table import format_named
from w2v.formats.writing import Target, contents_of, require_writable


def write_bytes(vectors, name, **options):
    """The bytes of the file, and of those beside it, or InputError; a lone file is the value of ""."""
    known, contents = format_named(name), contents_of(vectors, **options)
    require_writable(contents, known, "")
    target = Target(io.BytesIO(), {ending: io.BytesIO() for ending in known.beside})
    known.module.write(target, contents)
    return {"": target.file.getvalue()} | {ending: file.getvalue() for ending, file in target.beside.items()}


def read_bytes(parts, name, options=None):
    """The vectors in some bytes, or in the bytes that `write_bytes` gives."""
    parts = parts if isinstance(parts, dict) else {"": parts}
    source = source_of(
        io.BytesIO(parts[""]), "", beside=lambda ending: io.BytesIO(parts[ending]), is_named=True
    )
    reading = read_source(source, format_named(name), options or ReadOptions())
    return gather(reading, path="")
