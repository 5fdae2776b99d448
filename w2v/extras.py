"""Packages that come with an extra and not with the base install, imported when they are first needed."""

from __future__ import annotations

import importlib
from types import ModuleType


def import_extra(name: str, *, extra: str, needed_by: str) -> ModuleType:
    """The module `name` of a package that the extra brings.

    Raises:
        MissingExtraError: the package is not installed; says who needs it, and how it is installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        problem = f"{needed_by} needs {package}, which is not installed"
        raise MissingExtraError(f"{problem}; install it with: pip install 'w2v[{extra}]'") from error


class MissingExtraError(ImportError):
    """A package of an extra is not installed."""


def viz_import(name: str, *, needed_by: str) -> ModuleType:
    """As `import_extra`, of the extra `viz`."""
    return import_extra(name, extra="viz", needed_by=needed_by)
