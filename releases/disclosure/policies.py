"""The rules by which counts are shown, rounded or hidden. A policy never changes; another version takes its place."""

from dataclasses import dataclass

WORKFORCE_UNITS = frozenset({"workforce", "organisations"})


@dataclass(frozen=True)
class Policy:
    """Counts from `hidden_from` to `hidden_to` are hidden, the others shown to the nearest `base`.

    The audit passes when every hidden cell could have at least `least_values` values. `units` are those that the policy
    is for; None: any.
    """

    name: str
    title: str
    hidden_from: int
    hidden_to: int
    base: int
    least_values: int
    version: str = "1"
    units: frozenset | None = None

    def shows(self, count):
        """What is printed for a count; None where it is hidden."""
        if self.hidden_from <= count <= self.hidden_to:
            return None
        return (count + self.base // 2) // self.base * self.base

    def could_be(self, shown):
        """The smallest and the largest count for which `shown` is printed."""
        if shown is None:
            return self.hidden_from, self.hidden_to
        if shown < self.hidden_from:
            return shown, shown
        return max(shown - self.base // 2, self.hidden_to + 1), shown + (self.base - 1) // 2


POLICIES = {
    policy.name: policy
    for policy in (
        Policy("HES-1-7-R5", "0 is shown, 1 to 7 are hidden, others are rounded to the nearest 5", 1, 7, 5, 2),
        Policy(
            "TEN-R5-ZERO", "counts under 10, including 0, are hidden, others are rounded to the nearest 5", 0, 9, 5, 3
        ),
        Policy(
            "NONE-WORKFORCE",
            "counts of staff and organisations are shown as they are",
            0,
            -1,
            1,
            1,
            units=WORKFORCE_UNITS,
        ),
    )
}
LATER = frozenset({"LT5-STAR-SECONDARY"})
