"""Reference of the trainer's commands, from their argparse parsers."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from unittest import mock

from scripts.reference.markdown import cell, page, table
from trainer.cli.main import RENAMED_COMMANDS, make_parser

_CORES = 1_000_003


def render() -> str:
    """The page."""
    with mock.patch("os.cpu_count", return_value=_CORES):  # the page must not depend on the machine
        commands = list(leaf_commands(make_parser()))
    rows = [[f"[`{' '.join(path)}`](#{'-'.join(path)})", text] for path, text, _ in commands]
    sections = [_section(*command) for command in commands]
    renamed = table(["old name", "name", "in"], renamed_names(commands))
    return page("cli", index=table(["command", "purpose"], rows), commands="\n".join(sections), renamed=renamed)


Command = tuple[tuple[str, ...], str, argparse.ArgumentParser]


def leaf_commands(parser: argparse.ArgumentParser, path: tuple[str, ...] = (), text: str = "") -> Iterator[Command]:
    """Each command that can run, with its words, its help text and its parser; hidden ones are left out."""
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not groups:
        yield path, text, parser
    for group in groups:
        helps = {choice.dest: choice.help or "" for choice in group._choices_actions}
        for name, command in group.choices.items():
            if name in helps and helps[name] != argparse.SUPPRESS:
                yield from leaf_commands(command, (*path, name), helps[name])


def visible_options(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """The options of a command, without --help and deprecated ones."""
    return [action for action in parser._actions if action.dest != "help" and action.help != argparse.SUPPRESS]


def renamed_names(commands: Iterable[Command]) -> list[list[str]]:
    """Old command and option names that still work: old name, current name, commands with the option."""
    rows = {(f"`{' '.join(old)}`", f"`{new}`"): ["`python -m trainer`"] for old, new in RENAMED_COMMANDS.items()}
    for path, _, parser in commands:
        for action in parser._actions:
            replacement = getattr(action, "replacement", None)
            if replacement is not None:
                names = (f"`{action.option_strings[0]}`", f"`{replacement.option_strings[0]}`")
                rows.setdefault(names, []).append(f"`{' '.join(path)}`")
    return [[*names, ", ".join(places)] for names, places in rows.items()]


def _section(path: tuple[str, ...], text: str, parser: argparse.ArgumentParser) -> str:
    rows = [[_name(one), _default(one), _meaning(one)] for one in visible_options(parser)]
    sentence = f"{text[:1].upper()}{text[1:]}".rstrip(".") + "."
    heading = f"## {' '.join(path)}\n\n{cell(sentence)}\n"
    return f"{heading}\n{table(['option', 'default', 'meaning'], rows)}"


def _name(action: argparse.Action) -> str:
    if not action.option_strings:
        return f"`{action.metavar or action.dest}`"
    value = "" if action.nargs == 0 else f" {action.metavar or action.dest.upper()}"
    return ", ".join(f"`{option}{value}`" for option in action.option_strings)


def _default(action: argparse.Action) -> str:
    if action.required:
        return "required"
    value = action.default
    if value is None or value is False or value == [] or value == argparse.SUPPRESS:
        return ""
    if isinstance(value, tuple | list):
        return f"`{','.join(map(str, value))}`"
    return "CPU cores" if value == _CORES else f"`{value}`"


def _meaning(action: argparse.Action) -> str:
    help_text = (action.help or "").replace("%(default)s", str(action.default)).replace("%%", "%")
    if action.choices is not None:
        choices = "one of " + ", ".join(f"`{choice}`" for choice in action.choices)
        return f"{help_text}; {choices}" if help_text else choices
    return help_text
