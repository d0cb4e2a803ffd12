"""A return type unlike Prevent, so that Prevent cannot leak into the kernel: two owners who both sign, no review, and
nothing of its figures kept in the kernel."""

from accounts.roles import Act, Reach, Role
from returns.return_type import ReturnType, Signature
from returns.rules import RuleBook
from returns.tests.toy.models import ToyReturn
from returns.tests.toy.questions import SECTIONS

rules = RuleBook("toy-1")


@rules.error("TOY-E01", "wheels doors")
def doors_do_not_outnumber_wheels(context, wheels, doors):
    if doors > wheels:
        return f"{doors} doors are more than {wheels} wheels."


@rules.warning("TOY-W01", "wheels")
def a_toy_has_four_wheels(context, wheels):
    if wheels != 4:
        return f"{wheels} wheels are unusual. Say why."


OWNER = Role("TOY_OWNER", "Toy owner", Reach.OWN, frozenset({Act.FILL_IN, Act.SEND_FOR_SIGN_OFF, Act.SIGN_OFF}), "toy")

TOY = ReturnType(
    slug="toy",
    title="Toy return",
    short_title="Toy",
    roles=(OWNER,),
    sections=SECTIONS,
    content_model=ToyReturn,
    rulebook=rules,
    owes=lambda kind, traits: False,
    signature=lambda kind, settings: Signature.EVERY_OWNER,
    keeps_figures=False,
)
