"""The indicator for England as published: percent of adults transferred who engaged within 3 weeks of release.

Years are financial years. A value stands as its source prints it; where it is printed without a decimal, it is rounded.
Nothing was found for 2017-18, 2018-19 and 2024-25. Not targets: they are what happened.
"""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class NationalValue:
    year: str
    percent: Decimal
    source: str
    regions: str = ""

    @property
    def year_said(self):
        """The year on one line, however narrow its column."""
        return self.year.replace("-", "\N{NON-BREAKING HYPHEN}")


REPORT = "Alcohol and drug treatment in secure settings: report {}"
NATIONAL_VALUES = (
    NationalValue("2015-16", Decimal("30.3"), REPORT.format("2020 to 2021")),
    NationalValue("2016-17", Decimal("30"), "Guidance for improving continuity of care, November 2018, section 2.1"),
    NationalValue("2019-20", Decimal("34.5"), REPORT.format("2020 to 2021")),
    NationalValue("2020-21", Decimal("38.1"), REPORT.format("2020 to 2021")),
    NationalValue("2021-22", Decimal("37.4"), REPORT.format("2021 to 2022")),
    NationalValue("2022-23", Decimal("43"), REPORT.format("2022 to 2023"), "North East 62, London 26"),
    NationalValue("2023-24", Decimal("53"), REPORT.format("2023 to 2024"), "North West 66, London 41"),
)
