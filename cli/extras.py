"""What a verb says where the extra is missing that it needs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import click


@contextlib.contextmanager
def extra_errors() -> Iterator[None]:
    """Turns the error of a missing extra, which names what to install, into a usage error, exit code 2."""
    from w2v.extras import MissingExtraError

    try:
        yield
    except MissingExtraError as error:
        raise click.UsageError(str(error)) from error
