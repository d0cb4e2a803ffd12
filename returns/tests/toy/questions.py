"""Three questions on two pages."""

from returns.content import Kind, Question
from returns.return_type import SectionSpec

QUESTIONS = (
    Question("wheels", Kind.COUNT, "How many wheels"),
    Question("doors", Kind.COUNT, "How many doors", may_be_absent=True),
    Question("colour", Kind.LINE, "What colour", required=False),
)
SECTIONS = (
    SectionSpec("body", "The body", QUESTIONS[:2]),
    SectionSpec("paint", "The paint", QUESTIONS[2:]),
)
