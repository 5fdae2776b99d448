"""A group of verbs, each in a module of its own that is loaded when the verb is called."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Mapping
from typing import Any

import click

from cli.output import escape


class VerbGroup(click.Group):
    """Loads the module of a verb when the verb is called.

    Args:
        verbs: for each, what it does, in the order a newcomer needs them.
        package: the verb `train` is the function `train` in the module `train` of it.
    """

    def __init__(self, *, verbs: Mapping[str, str], package: str = "cli", **settings: Any) -> None:
        super().__init__(**settings)
        self.verbs = verbs
        self.package = package

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs, in the order a newcomer needs them."""
        return list(self.verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a verb."""
        if cmd_name not in self.verbs:
            return None
        return getattr(importlib.import_module(f"{self.package}.{cmd_name}"), cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with the nearest verb named where there is none of the name."""
        if args and args[0] not in self.verbs and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], self.verbs, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else f" The verbs are {', '.join(self.verbs)}."
            ctx.fail(f"No such command '{escape(args[0])}'.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Lists the verbs without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self.verbs.items()))
