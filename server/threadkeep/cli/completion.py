"""Completion of commands and flags in shells."""

import argparse

from threadkeep.cli.terminal import Terminal

SHELLS = ("bash", "zsh", "fish", "powershell")


def write_completion(options: argparse.Namespace, parser: argparse.ArgumentParser, terminal: Terminal) -> int:
    """Writes the script that a shell loads once."""
    import shtab

    terminal.write(shtab.complete(parser, shell=options.shell))
    return 0
