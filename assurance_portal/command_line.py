"""The management commands as people type them: a name that is none ends with a sentence and exit status 2."""

import difflib
import sys

from django.core.management import ManagementUtility, get_commands


def execute(words):
    """Runs the command `words[1]` with the words after it."""
    _Utility(words).execute()


class _Utility(ManagementUtility):
    def fetch_command(self, name):
        if name in get_commands():
            return super().fetch_command(name)
        near = difflib.get_close_matches(name, get_commands(), n=1)
        hint = f"Did you mean {near[0]}?" if near else "`bin/manage help` lists them."
        print(f"There is no command {ascii(name[:40])}. {hint}", file=sys.stderr)
        sys.exit(2)
