"""What docs/ says that the code knows better is printed from the code."""

from pathlib import Path

from returns import workflow
from returns.management.commands.print_rules import document
from returns.registry import return_types

DOCS = Path(__file__).parent.parent / "docs"


def test_the_moves_of_a_return_are_those_of_the_workflow():
    moves = [
        f"{status} -> {' | '.join(str(target) for target in workflow.Status if target in targets)}"
        for status, targets in workflow.ALLOWED.items()
    ]

    told = (DOCS / "architecture.md").read_text().partition("```\n")[2].partition("\n```")[0].splitlines()

    assert [sorted(line.replace("->", "|").split(" | ")) for line in told] == [
        sorted(line.replace("->", "|").split(" | ")) for line in moves
    ]


def test_the_rule_catalogue_is_up_to_date():
    assert (DOCS / "prevent-rules.md").read_text() == document(return_types()["prevent"])
