"""A ladder of escalation as a value: its steps, whose turn each is, and how many working days it has."""

from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum


class Side(StrEnum):
    """Who owns a step."""

    COMMISSIONER = "COMMISSIONER"
    PROVIDER = "PROVIDER"

    @property
    def label(self):
        return self.capitalize()


@dataclass(frozen=True)
class LadderStep:
    """One step. `key` is never used for another step; `working_days` (England) run from the day after it is taken."""

    key: str
    title: str
    side: str
    working_days: int
    about: str = ""


@dataclass(frozen=True)
class LadderSpec:
    """The ladder that a return type brings, before anybody dated another one."""

    title: str
    source: str
    valid_from: date
    steps: tuple[LadderStep, ...]

    @property
    def as_data(self):
        return [asdict(step) for step in self.steps]
