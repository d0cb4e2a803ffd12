"""How a management command says no: one sentence on standard error, and as JSON too where that was asked for."""

import json
import sys

from django.core.management.base import BaseCommand

COULD_NOT_RUN = 2


class PlainCommand(BaseCommand):
    requires_system_checks = ()

    def execute(self, *args, **options):
        self.prints_json = options.get("json", False)
        return super().execute(*args, **options)

    def refuse(self, sentence, *, status=COULD_NOT_RUN):
        """Ends the command."""
        if self.prints_json:
            self.stdout.write(json.dumps({"error": sentence}))
        self.stderr.write(sentence)
        sys.exit(status)
