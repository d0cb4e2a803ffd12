"""Prints the rule catalogue of a return type as a document; docs/ keeps what it printed."""

from journal.plain_command import PlainCommand
from returns.dry_run import shown
from returns.registry import return_types


class Command(PlainCommand):
    help = "Prints the rule catalogue of a return type, as kept in docs/."

    def add_arguments(self, parser):
        parser.add_argument("type")

    def handle(self, *args, type, **options):
        if type not in return_types():
            known = ", ".join(return_types())
            self.refuse(f"There is no return called {shown(type)}. There is: {known}.")
        self.stdout.write(document(return_types()[type]), ending="")


def document(return_type):
    """The catalogue in Markdown, one table row for each rule."""
    lines = [
        f"# The rules of the {return_type.title[0].lower()}{return_type.title[1:]}",
        "",
        f"Rule book {return_type.rulebook.version}. Printed by `bin/manage print_rules {return_type.slug}`; not edited by hand.",
        "An error stops a return, a warning asks for an explanation.",
        "",
        "| code | kind | what should hold | asked of | what to do | source |",
        "|---|---|---|---|---|---|",
    ]
    for rule in return_type.rulebook.rules.values():
        names = dict.fromkeys(name for _, fields, _ in rule.variants() for name in fields)
        cells = (
            rule.code,
            rule.severity.lower(),
            rule.title,
            ", ".join(f"`{name}`" for name in names),
            rule.remedy,
            rule.source,
        )
        lines.append("| " + " | ".join(" ".join(str(cell).split()) for cell in cells) + " |")
    return "\n".join(lines) + "\n"
