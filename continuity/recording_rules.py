"""The 97 recording rules. A rule says where it fires, in one look at all rows; its message says what is wrong there.

Severity: *block* stops a release or a sheet, *error* breaks the indicator, *warning* asks to check, *information* informs.
A rule with `workbook=True` is about the sheet as a whole. Codes are never reused.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import numpy as np

from continuity import vocabulary as words
from continuity.columns import COLUMNS, DELETIONS, Need, Party
from continuity.comments import personal_details
from continuity.engagement import (
    LAST_WEEK,
    LOST_REASONS,
    OTHER_REASON,
    START_TOP,
    Referrals,
)
from continuity.rows import day_of
from continuity.windows import TOP_CLOSES, TOP_OPENS, WINDOW


class Severity(StrEnum):
    BLOCK = "B"
    ERROR = "E"
    WARNING = "W"
    INFORMATION = "I"


BLOCK, ERROR, WARNING, INFORMATION = Severity


@dataclass(frozen=True)
class Rule:
    """`fires(referrals)` gives one truth for each row. `parts` are what the message's placeholders say of a row.

    `about` narrows the columns for a row; `gentler` says in which rows an error is only a warning; `across` that other
    rows are looked at, too.
    """

    code: str
    severity: Severity
    columns: tuple
    message: str
    remedy: str
    source: str
    fires: Callable
    parts: dict
    about: Callable | None
    gentler: Callable | None
    across: bool
    workbook: bool

    @property
    def title(self):
        return self.fires.__name__.replace("_", " ")


RULES = {}


def rule(
    code,
    severity,
    columns,
    message,
    remedy,
    source,
    *,
    parts=None,
    about=None,
    gentler=None,
    across=False,
    workbook=False,
):
    """Declares a rule and hands the function back unchanged."""

    def declare(fires):
        if code in RULES:
            raise ValueError(f"The code {code} is taken. A code is never used twice.")
        RULES[code] = Rule(
            code=code,
            severity=severity,
            columns=tuple(columns.split()),
            message=message,
            remedy=remedy,
            source=source,
            fires=fires,
            parts=parts or {},
            about=about,
            gentler=gentler,
            across=across,
            workbook=workbook,
        )
        return fires

    return declare


def day_text(number):
    day = day_of(number)
    return f"{day.day} {day:%B %Y}" if day else ""


# Extract and sharing


@rule(
    "EXT-01",
    BLOCK,
    "P10",
    "Only people discharged as transferred - not in custody belong in the audit list.",
    "Take the row out of the audit list, or correct the discharge reason.",
    "5.6",
)
def the_discharge_reason_is_not_transferred(r):
    return ~r.is_transfer


@rule("EXT-02", BLOCK, "P12", "Exit reason must be released.", "Take the row out, or correct the exit reason.", "5.6")
def the_exit_reason_is_not_released(r):
    return ~r.says("P12", "RELEASED")


@rule(
    "EXT-03",
    BLOCK,
    "P13",
    "Exit destination is not one of the areas in this audit.",
    "Take the row out, or correct the exit destination.",
    "5.6",
)
def the_destination_is_not_in_the_audit(r):
    return r.is_outside_areas


@rule(
    "EXT-04",
    BLOCK,
    "P11",
    "Exit date is outside the agreed period.",
    "Take the row out, or correct the exit date.",
    "5.5, 5.6",
)
def the_exit_is_outside_the_period(r):
    return r.is_outside_period


@rule(
    "EXT-05",
    BLOCK,
    "P13",
    "This sheet contains people not referred to this provider. Split it first.",
    "Make one sheet for each receiving area.",
    "5.6",
)
def the_row_belongs_to_another_provider(r):
    ours = r.audit.sheet_is_for.strip().upper()
    return r.is_filled("P13") & bool(ours) & (r.area != ours)


MANDATORY = tuple(
    id for id, column in COLUMNS.items() if column.party is not Party.COMMUNITY and column.need is Need.MANDATORY
)


def missing_columns(r, row):
    return tuple(id for id in MANDATORY if r.rows.answer(id, row) is None)


@rule(
    "EXT-06",
    ERROR,
    " ".join(MANDATORY),
    "{column} is missing.",
    "Complete the prison's record and send the extract again.",
    "Data extraction protocol",
    parts={"column": lambda r, row: " is missing; ".join(COLUMNS[id].label for id in missing_columns(r, row))},
    about=missing_columns,
)
def a_mandatory_column_is_empty(r):
    return np.logical_or.reduce([r.is_blank(id) for id in MANDATORY])


def occurs_twice(r, keys):
    """Where a known key (0 or more) and the exit date are those of another row, too."""
    known = np.flatnonzero((keys >= 0) & ~np.isnan(r.exit))
    pairs = np.stack([keys[known], r.exit[known].astype(np.int64)])
    _, place, count = np.unique(pairs, axis=1, return_inverse=True, return_counts=True)
    found = np.zeros(len(r), bool)
    found[known] = (count > 1)[place.ravel()]
    return found


@rule(
    "EXT-07",
    ERROR,
    "P05 P11",
    "Possible duplicate of the same release.",
    "Keep one of the rows, or correct the reference or the exit date.",
    "Design",
    across=True,
)
def the_same_release_is_listed_twice(r):
    return occurs_twice(r, r.reference_key) | occurs_twice(r, r.attributor_key)


@rule(
    "EXT-08",
    INFORMATION,
    "P05 P11",
    "Repeat referral {n} of {m}: complete the questions for each one, all count.",
    "Answer for this stay only.",
    "5.6",
    parts={"n": lambda r, row: int(r.sequence[row]), "m": lambda r, row: int(r.exits_of_client[row])},
    across=True,
)
def the_client_has_other_exit_dates(r):
    return (r.exits_of_client > 1) & ~np.isnan(r.exit)


@rule(
    "EXT-09",
    BLOCK,
    "P24",
    "No consent to share recorded.",
    "Share only what the person agreed to; record the consent or take the row out.",
    "5.6",
)
def consent_is_not_recorded(r):
    return ~r.says("P24", "YES")


IDENTIFYING = ("P01", "P02", "P03", "P05", "C48")


def identifying_columns(ids):
    """Those of the columns of a roll-up that may not leave an organisation (EXT-10)."""
    return tuple(id for id in IDENTIFYING if id in set(ids))


@rule(
    "EXT-10",
    BLOCK,
    " ".join(IDENTIFYING),
    "Row level data must be anonymised before sharing between organisations.",
    "Leave out names, dates of birth, references and comments.",
    "5.3",
    workbook=True,
)
def a_roll_up_names_people(r):
    return False


@rule(
    "EXT-11",
    BLOCK,
    "",
    "Record the sharing agreement first.",
    "Put the information sharing agreement on file before anything is shared.",
    "5.6",
    workbook=True,
)
def there_is_no_sharing_agreement(r):
    return not r.audit.has_sharing_agreement


@rule(
    "EXT-12",
    WARNING,
    "",
    "Extract should hold values, not codes.",
    "Export the labels instead of the codes.",
    "Data extraction protocol",
)
def the_row_holds_codes(r):
    return r.rows.with_codes


@rule(
    "EXT-13",
    INFORMATION,
    "P10",
    "Read as '{canonical}'.",
    "Nothing needs to be done if that is what is meant.",
    "Design",
    parts={"canonical": lambda r, row: words.DISCHARGE_REASON.labels[r.rows.answer("P10", row)]},
)
def the_discharge_reason_is_spelt_otherwise(r):
    return r.rows.reason_by_alias


# Attributors


CHECK_TOGETHER = "Check with the other provider which is right, and correct the record that is wrong."


def attributor_rule(number, columns, name, message, remedy=CHECK_TOGETHER, **options):
    def fires(r):
        return r.match == number

    fires.__name__ = name
    rule(f"ATT-{number:02}", ERROR, columns, message, remedy, "6.2", **options)(fires)


ALL_FOUR = "P01 P02 P03 P04 C34 C35 C36 C37"
attributor_rule(
    1,
    ALL_FOUR,
    "an_attributor_is_missing",
    "Matching needs first initial, surname initial, date of birth and sex.",
    "Complete what is missing in both records.",
)
attributor_rule(2, "P01 P02 C34 C35", "the_initials_are_swapped", "First name and surname look swapped.")
attributor_rule(
    3,
    "P01 C34",
    "a_short_form_is_used",
    "Short form used? Prison has {ours}, community {theirs}.",
    "Agree which name both records use.",
    parts={
        "ours": lambda r, row: chr(r.prison_attributors[0][row]),
        "theirs": lambda r, row: chr(r.community_attributors[0][row]),
    },
)
attributor_rule(4, "P01 C34", "the_first_initial_differs", "First initial differs.")
attributor_rule(
    5,
    "P02 C35",
    "the_surname_initial_differs",
    "Surname initial differs (changed name, double-barrelled, Mc/O' prefix?).",
)
attributor_rule(6, "P03 C36", "day_and_month_are_transposed", "Day and month of birth look transposed.")
attributor_rule(7, "P03 C36", "the_date_of_birth_is_mistyped", "Date of birth looks mistyped.")
attributor_rule(8, "P03 C36", "the_date_of_birth_differs", "Date of birth differs.")
attributor_rule(9, "P04 C37", "the_sex_differs", "Sex differs.")
attributor_rule(10, ALL_FOUR, "several_details_differ", "Several details differ; check it is the same person.")


def held_by_several(keys, clients):
    """Where a key belongs to more than one person."""
    known = keys >= 0
    pairs = np.unique(np.stack([keys[known], clients[known]]), axis=1)
    held = np.bincount(pairs[0], minlength=1) if pairs.size else np.zeros(1, int)
    return known & (held[np.where(known, keys, 0)] > 1)


@rule(
    "ATT-11",
    WARNING,
    "P01 P02 P03 P04",
    "More than one person shares these details.",
    "Check that each record belongs to the right person.",
    "6.2",
    across=True,
)
def two_people_share_the_attributors(r):
    return held_by_several(r.attributor_key, r.client) | held_by_several(r.community_key, r.client)


PLACEHOLDERS = (693_596, 693_961, 657_072, 697_907)  # 1 January 1900, 1901 and 1800, 11 November 1911


@rule("ATT-12", WARNING, "P03", "Check date of birth.", "Look it up in the person's record.", "Design")
def the_date_of_birth_is_unlikely(r):
    born = r.day("P03")
    return (born > r.today) | np.isin(born, PLACEHOLDERS) | (r.age_at_exit < 18)


@rule(
    "ATT-13",
    INFORMATION,
    "P01 C34",
    "Check which name the community service uses before entering.",
    "Ask the prison or the person whether a short form is in use.",
    "6.2",
)
def the_forename_has_a_short_form(r):
    return (r.other_initials != 0) & r.is_blank("C34")


# Dates


@rule("DAT-01", ERROR, "P11", "Exit date missing or in the future.", "Enter the date on which the person left.", "6.2")
def the_exit_date_is_missing_or_in_the_future(r):
    return r.is_blank("P11") | (r.exit > r.today)


@rule("DAT-02", ERROR, "P06 P11", "Exit before reception.", "Correct one of the two dates.", "5.7")
def the_exit_is_before_the_reception(r):
    return r.exit < r.reception


@rule(
    "DAT-03",
    ERROR,
    "C33 P11",
    "Triage before recorded exit: exit date may be recorded late, or triage was done during in-reach; "
    "it will not be counted.",
    "Ask the prison for the actual exit date, or triage again after release.",
    "6.2",
)
def triage_is_before_the_exit(r):
    return r.is_new & (r.triage < r.exit)


@rule(
    "DAT-04",
    ERROR,
    "P11 C09",
    "Exit date is earlier than actual release; window closes too soon.",
    "Ask the prison to correct the exit date.",
    "6.2",
)
def the_exit_is_recorded_early(r):
    return r.exit < r.actual_release


@rule(
    "DAT-05",
    ERROR,
    "P11 C09",
    "Exit date is later than actual release.",
    "Ask the prison to correct the exit date.",
    "6.2",
)
def the_exit_is_recorded_late(r):
    return r.exit > r.actual_release


@rule(
    "DAT-06",
    ERROR,
    "C33 P11 C09",
    "Would count with the correct exit date.",
    "Ask the prison to correct the exit date.",
    "6.2",
)
def the_triage_would_count_with_the_actual_release(r):
    return ~r.is_reopened & (r.triage - r.exit > WINDOW) & r.is_in_window(r.triage - r.actual_release)


@rule(
    "DAT-07",
    WARNING,
    "C08 P11",
    "Release date told differs from recorded exit.",
    "Find out on which day the person was released.",
    "6.2, recommendation 2",
)
def the_release_date_told_differs(r):
    told = r.day("C08")
    return ((told < r.exit) | (told > r.exit)) & r.is_blank("C09")


@rule("DAT-08", ERROR, "P16", "Discharge date must be completed.", "Enter the discharge date.", "6.3")
def the_discharge_date_is_missing(r):
    return r.is_blank("P16")


@rule("DAT-09", ERROR, "P16 P11", "Discharge after leaving prison.", "Correct one of the two dates.", "6.3")
def the_discharge_is_after_the_exit(r):
    return r.day("P16") > r.exit


@rule(
    "DAT-10",
    ERROR,
    "P10 P16 P17",
    "Use the date of last face to face contact.",
    "Enter the date of the last face to face contact as the discharge date.",
    "6.3(5)",
)
def a_court_release_has_another_discharge_date(r):
    discharged, seen = r.day("P16"), r.day("P17")
    return r.says("P10", "DR_INC_COURT") & ((discharged < seen) | (discharged > seen))


@rule(
    "DAT-11",
    WARNING,
    "C25 C21 P11",
    "Appointment or attendance before release.",
    "Check the dates with the prison.",
    "Design",
)
def seen_or_due_before_release(r):
    return (r.attended_on < r.exit) | (r.day("C21") < r.exit)


@rule(
    "DAT-12",
    ERROR,
    "C18 P11",
    "Contact before release is dated after release.",
    "Correct the date, or answer that there was no contact before release.",
    "Design",
)
def the_first_contact_is_after_release(r):
    return r.day("C18") > r.exit


@rule("DAT-13", WARNING, "C02 P11", "Referral arrived after release.", "Agree when referrals are sent.", "2.3")
def the_referral_arrived_after_release(r):
    return r.day("C02") > r.exit


# The window and the intervention


@rule(
    "WIN-01",
    ERROR,
    "C32 C33",
    "No triage date: treated as not engaged.",
    "Enter the triage date.",
    "6.2",
)
def a_new_episode_has_no_triage_date(r):
    return r.is_new & r.is_blank("C33")


@rule(
    "WIN-02",
    ERROR,
    "C33 P11",
    "Triaged {n} days after exit, outside 21 days.",
    "Check both dates. Triage within 21 days of release is what counts.",
    "6.2",
    parts={"n": lambda r, row: int(r.triage[row] - r.exit[row])},
)
def triage_is_too_late(r):
    return r.is_new & (r.triage - r.exit > WINDOW)


AFTER_EXIT = {"n": lambda r, row: int(r.days_to_structured[row])}


@rule(
    "WIN-03",
    ERROR,
    "C45b P11",
    "Structured treatment started {n} days after exit.",
    "Check both dates. A start within 21 days of release is what counts.",
    "6.2",
    parts=AFTER_EXIT,
)
def structured_treatment_started_late(r):
    return r.started_late


@rule(
    "WIN-04",
    ERROR,
    "C33 C45b P11",
    "Triaged in time but treatment started late.",
    "Look for what delayed the start after triage.",
    "6.2",
)
def triage_in_time_but_the_start_late(r):
    return r.is_in_window(r.triage - r.exit) & r.started_late


@rule(
    "WIN-05",
    INFORMATION,
    "P11",
    "{n} days left.",
    "Triage and start structured treatment while the window is open.",
    "Design",
    parts={"n": lambda r, row: int(r.exit[row] + WINDOW - r.today)},
)
def the_window_is_open(r):
    return (r.today <= r.exit + WINDOW) & ~r.engaged_ndtms


@rule(
    "WIN-06",
    WARNING,
    "P11",
    "Window closes on {date}.",
    "Triage and start structured treatment before it closes.",
    "Design",
    parts={"date": lambda r, row: day_text(r.exit[row] + WINDOW)},
)
def the_window_is_about_to_close(r):
    return (r.exit + LAST_WEEK <= r.today) & (r.today <= r.exit + WINDOW) & ~r.engaged_ndtms


@rule(
    "INT-01",
    ERROR,
    "C30 C45a",
    "No intervention recorded: will not be counted.",
    "Record the structured intervention with its start date.",
    "6.2",
)
def engaged_in_structured_treatment_without_an_intervention(r):
    return r.says("C30", "STRUCTURED") & (r.interventions == 0)


@rule(
    "INT-02",
    ERROR,
    "C45a",
    "Recovery support only: will not be counted as engaged.",
    "Record a structured intervention if one was started.",
    "6.2",
)
def recovery_support_only(r):
    is_recovery = r.of_intervention("C45a", lambda key: key == "RECOVERY", bool)
    return (r.interventions > 0) & (r.how_many(is_recovery) == r.interventions)


@rule(
    "INT-03",
    ERROR,
    "C45b P11",
    "Old interventions continue; start new ones with new dates.",
    "Close the old interventions and open new ones.",
    "6.4",
)
def structured_interventions_all_began_before_release(r):
    structured = r.how_many(r.is_structured)
    return (structured > 0) & (r.how_many(r.is_structured & (r.days_to_start < 0)) == structured)


@rule("INT-04", ERROR, "C45b C45c", "Ends before it starts.", "Correct one of the two dates.", "Design")
def an_intervention_ends_before_it_starts(r):
    return r.has_intervention(r.intervention_ends < r.intervention_starts)


@rule("INT-05", ERROR, "C45c C45d", "Needs both.", "Enter the end date and the exit status.", "6.4")
def an_end_date_and_an_exit_status_belong_together(r):
    has_status = r.of_intervention("C45d", bool, bool)
    return r.has_intervention(np.isnan(r.intervention_ends) == has_status)


@rule(
    "INT-06",
    WARNING,
    "C30 C05 P10",
    "Prison saw a structured need, community gave recovery support: agree which.",
    "Agree with the prison what the person needed.",
    "6.2, 6.3",
)
def recovery_support_for_a_structured_need(r):
    return r.says("C30", "RECOVERY") & r.says("C05", "YES") & r.is_transfer


# Discharge reason and referral on release: the whole release list


SEE_SCENARIOS = "Choose the discharge scenario that fits and correct the record."


@rule(
    "DIS-01",
    ERROR,
    "P10 P14",
    "Recovery support only is 'treatment completed', not a transfer; inflates the denominator.",
    SEE_SCENARIOS,
    "6.2, 6.3",
)
def a_transfer_to_recovery_support(r):
    return r.is_transfer & r.says("P14", "RR_REC")


@rule("DIS-02", ERROR, "P10 P14", "A transfer needs a referral to a structured provider.", SEE_SCENARIOS, "6.2, 6.3")
def a_transfer_without_a_referral(r):
    return r.is_transfer & (r.says("P14", "RR_NONE") | r.is_blank("P14"))


@rule(
    "DIS-03",
    ERROR,
    "P10 P14",
    "Referred to structured treatment means transferred, not completed.",
    SEE_SCENARIOS,
    "6.3",
)
def completed_but_referred_to_structured_treatment(r):
    return r.is_completed & r.says("P14", "RR_STRUCT", "RR_STRUCT_REC")


@rule("DIS-04", WARNING, "P10 P14", "Scenario 4 lists only drug free and alcohol free.", SEE_SCENARIOS, "6.3(4)")
def an_occasional_user_with_nothing_further(r):
    return r.says("P10", "DR_TC_OCC") & r.says("P14", "RR_NONE")


@rule(
    "DIS-05",
    ERROR,
    "P10 P07 P08 P09",
    "Occasional user is not for opiates or crack.",
    "Correct the discharge reason or the substances.",
    "6.3(3)",
)
def an_occasional_user_of_opiates_or_crack(r):
    crack = r.says("P07", "CRACK") | r.says("P08", "CRACK") | r.says("P09", "CRACK")
    return r.says("P10", "DR_TC_OCC") & (r.has_substance(words.OPIATE) | crack)


@rule("DIS-06", WARNING, "P10 P14", "Expected 'no onward referral'.", SEE_SCENARIOS, "6.3(2)")
def refused_but_referred(r):
    return r.says("P10", "DR_INC_REFUSED") & ~r.says("P14", "RR_NONE")


@rule("DIS-07", WARNING, "P10 P14", "Expected 'no onward referral'.", SEE_SCENARIOS, "6.3(5)")
def released_from_court_but_referred(r):
    return r.says("P10", "DR_INC_COURT") & ~r.says("P14", "RR_NONE")


@rule("DIS-08", WARNING, "P10 P18", "Release type and reason disagree.", SEE_SCENARIOS, "6.3(5)")
def the_reason_says_court_and_the_release_type_does_not(r):
    return r.says("P10", "DR_INC_COURT") & ~r.says("P18", "COURT")


@rule("DIS-09", WARNING, "P18 P10", "Planned transfer after unexpected court release? Check.", SEE_SCENARIOS, "6.3(5)")
def a_transfer_after_a_court_release(r):
    return r.says("P18", "COURT") & r.is_transfer


@rule("DIS-10", ERROR, "P12 P13", "Exit destination missing.", "Enter the area that the person went to.", "6.3")
def released_without_a_destination(r):
    return r.says("P12", "RELEASED") & r.is_blank("P13")


@rule(
    "DIS-11",
    ERROR,
    "P10 C05 C06",
    "Community found no structured need: should not have been a transfer; inflates the denominator.",
    "Agree with the community provider what the person needed.",
    "6.2",
)
def a_transfer_without_a_structured_need(r):
    return r.is_transfer & r.says("C05", "NO") & r.says("C06", "NO_STRUCTURED_NEED")


@rule(
    "DIS-12",
    WARNING,
    "P10 P07 P08 P09",
    "Reason does not fit the substances.",
    "Correct the discharge reason or the substances.",
    "Assumption",
)
def the_reason_does_not_fit_the_substances(r):
    only_alcohol = r.substance_group == 3
    return (r.says("P10", "DR_TC_ALC_FREE") & ~r.has_alcohol) | (r.says("P10", "DR_TC_DRUG_FREE") & only_alcohol)


@rule("DIS-13", ERROR, "P12 P10", "Released but transferred in custody.", SEE_SCENARIOS, "Design")
def released_and_transferred_in_custody(r):
    return r.says("P12", "RELEASED") & r.says("P10", "DR_TRANSF_CUST")


@rule(
    "DIS-14",
    INFORMATION,
    "P10 P14",
    "Variation: ask the regional NDTMS team.",
    "Ask the regional NDTMS team which options to select.",
    "6.3",
)
def reason_and_referral_are_outside_the_scenarios(r):
    return r.is_filled("P10") & r.is_filled("P14") & (r.scenario == 0)


# The earlier episode and re-opening


@rule(
    "EPI-01",
    ERROR,
    "C38 C39 C32",
    "Episode was not closed on entry to prison: return cannot be recognised.",
    "Close the episode with the date on which the person was taken into custody.",
    "6.2",
)
def the_earlier_episode_was_not_closed(r):
    return r.had_episode & (r.is_blank("C39") | r.says("C32", "STILL_OPEN"))


@rule("EPI-02", ERROR, "C39 C40", "Discharge reason missing.", "Enter the discharge reason.", "6.2")
def the_earlier_discharge_has_no_reason(r):
    return r.is_filled("C39") & r.is_blank("C40")


@rule(
    "EPI-03",
    ERROR,
    "C41",
    "Interventions need end date and exit status.",
    "Close each intervention of the earlier episode.",
    "6.2, 6.4",
)
def earlier_interventions_are_open(r):
    return r.says("C41", "NO")


@rule("EPI-04a", WARNING, "C38 C42", "Final SIR missing.", "Complete the final SIR.", "6.4")
def the_final_sir_is_missing(r):
    return r.had_episode & r.is_blank("C42")


@rule("EPI-04b", WARNING, "C38 C43 C32", "Exit TOP missing.", "Complete the exit TOP.", "6.4")
def the_exit_top_is_missing(r):
    return r.had_episode & r.is_blank("C43") & ~r.is_reopened


@rule(
    "EPI-05",
    ERROR,
    "C32 C39 C25 C45b",
    "More than 21 days: open a new episode.",
    "Leave the earlier episode closed and open a new one.",
    "6.2, 6.4",
)
def reopened_after_too_many_days(r):
    return r.reopened_too_late


@rule(
    "EPI-06",
    INFORMATION,
    "C32 C39",
    "Could have been re-opened (allowed, not required).",
    "Nothing needs to be done.",
    "6.4",
)
def a_new_episode_could_have_been_reopened(r):
    return r.is_new & (r.returned_on - r.earlier_discharge <= WINDOW)


@rule(
    "EPI-07",
    ERROR,
    "C32 C45b P11",
    "Re-opened without new interventions.",
    "Start new interventions with new start dates.",
    "6.2, 6.4",
)
def reopened_without_new_interventions(r):
    return r.is_reopened & np.isnan(r.first_structured)


def kept_on_reopening(r, row):
    answers = r.rows.answer("C44", row)
    return ", ".join(what for what, answer in zip(DELETIONS, answers, strict=True) if answer == "NO")


@rule(
    "EPI-08",
    ERROR,
    "C32 C44",
    "Delete discharge date, discharge reason and exit TOP.",
    "Still there: {kept}. Delete what remains of the earlier discharge.",
    "6.4",
    parts={"kept": kept_on_reopening},
)
def reopened_and_the_discharge_still_there(r):
    return r.is_reopened & r.says("C44", "NO")


@rule(
    "EPI-09",
    WARNING,
    "C39 P06",
    "Closing date is far from reception date.",
    "Check both dates.",
    "Design",
)
def closed_far_from_the_reception(r):
    return (r.earlier_discharge < r.reception - 1) | (r.earlier_discharge > r.reception + WINDOW)


@rule(
    "EPI-10",
    INFORMATION,
    "C39 P06",
    "Guidance gives two starting points for the 21 days; C39 used.",
    "Nothing needs to be done.",
    "6.2 and 6.4",
)
def the_two_starting_points_disagree(r):
    of_reception, of_discharge = r.returned_on - r.reception, r.returned_on - r.earlier_discharge
    both = ~np.isnan(of_reception) & ~np.isnan(of_discharge)
    return both & ((of_reception <= WINDOW) != (of_discharge <= WINDOW))


# Treatment Outcomes Profile


def is_reopened(r):
    return r.is_reopened


@rule("TOP-01", ERROR, "C46", "Start TOP overdue.", "Complete the start TOP now.", "6.4")
def the_start_top_is_overdue(r):
    return r.is_new & r.is_blank("C46") & (r.top_anchor + START_TOP < r.today)


@rule("TOP-02", WARNING, "C46", "Start TOP outside the first 14 days.", "Check the date of the start TOP.", "6.4")
def the_start_top_is_out_of_time(r):
    done = r.day("C46")
    return r.is_new & ((done < r.top_anchor) | (done > r.top_anchor + START_TOP))


TOP_DAYS = {
    "opens": lambda r, row: day_text(r.exit[row] + TOP_OPENS),
    "closes": lambda r, row: day_text(r.exit[row] + TOP_CLOSES),
}


@rule(
    "TOP-03",
    INFORMATION,
    "C47 P11",
    "Post-prison exit TOP opens on {opens}.",
    "Plan it with the person.",
    "6.4",
    parts=TOP_DAYS,
    gentler=is_reopened,
)
def the_post_prison_top_is_not_yet_due(r):
    return r.owes_post_prison_top & (r.today < r.exit + TOP_OPENS)


@rule(
    "TOP-04",
    INFORMATION,
    "C47 P11",
    "Due now, until {closes}.",
    "Complete the post-prison exit TOP.",
    "6.4",
    parts=TOP_DAYS,
    gentler=is_reopened,
)
def the_post_prison_top_is_due(r):
    due = (r.exit + TOP_OPENS <= r.today) & (r.today <= r.exit + TOP_CLOSES)
    return r.owes_post_prison_top & due & r.is_blank("C47")


@rule(
    "TOP-05",
    ERROR,
    "C47 P11",
    "Post-prison exit TOP missed.",
    "Record it if it was done; otherwise say why in the comment.",
    "6.4",
    gentler=is_reopened,
)
def the_post_prison_top_was_missed(r):
    return r.owes_post_prison_top & (r.today > r.exit + TOP_CLOSES) & r.is_blank("C47")


@rule(
    "TOP-06",
    ERROR,
    "C47 P11",
    "Post-prison exit TOP done on day {n}.",
    "It counts from day 28 to day 56 after release. Check both dates.",
    "6.4",
    parts={"n": lambda r, row: int(r.day("C47")[row] - r.exit[row])},
    gentler=is_reopened,
)
def the_post_prison_top_was_out_of_time(r):
    days = r.day("C47") - r.exit
    return r.owes_post_prison_top & ((days < TOP_OPENS) | (days > TOP_CLOSES))


# Referral process and flow


@rule("REF-01", WARNING, "C01", "Referral not received.", "Find out with the prison where it went.", "5.7")
def the_referral_was_not_received(r):
    return r.says("C01", "NO")


@rule(
    "REF-02",
    ERROR,
    "C03 P22",
    "Not a secure way to send personal data.",
    "Use secure e-mail (CJSM) or a secure system.",
    "Recommendation 7",
)
def the_referral_was_sent_insecurely(r):
    return r.says("C03", *words.INSECURE) | r.says("P22", *words.INSECURE)


@rule(
    "REF-03",
    WARNING,
    "C01 C04",
    "Receipt not acknowledged.",
    "Tell the prison when a referral arrives.",
    "Recommendation 2",
)
def the_receipt_was_not_acknowledged(r):
    return r.received & r.says("C04", "NO")


@rule(
    "REF-04",
    WARNING,
    "C01 C07",
    "Release date not communicated.",
    "Agree that the prison sends the release date.",
    "2.3",
)
def the_release_date_was_not_communicated(r):
    return r.received & r.says("C07", "NO")


@rule(
    "REF-05",
    WARNING,
    "P20 P19 P11",
    "Change of release date not passed on.",
    "Tell the community provider at once when the date changes.",
    "Recommendation 2",
)
def a_changed_release_date_was_not_passed_on(r):
    planned = r.day("P19")
    return r.says("P20", "NO") & ((planned < r.exit) | (planned > r.exit))


@rule(
    "REF-06",
    WARNING,
    "C10",
    "No way to follow up a missed appointment.",
    "Ask for contact details, or a contact person, before release.",
    "2.3, recommendation 1",
)
def there_are_no_contact_details(r):
    return r.says("C10", "NO", "NO_FIXED_ABODE")


def missing_content(r, row):
    lacking = [id for id in ("C07", "C10", "C11", "C12") if r.rows.answer(id, row) == "NO"]
    lacking += [id for id in ("C13", "C14") if r.rows.answer(id, row) in {None, "NOT_KNOWN"}]
    return ", ".join(MINIMUM_CONTENT[id] for id in lacking)


MINIMUM_CONTENT = {
    "C07": "the release date",
    "C10": "contact details",
    "C11": "the substance misuse need",
    "C12": "the treatment in prison",
    "C13": "whether there is a mental health need",
    "C14": "whether there is a housing need",
}


@rule(
    "REF-07",
    INFORMATION,
    "C07 C10 C11 C12 C13 C14",
    "Minimum content of referral form not met. It did not say: {list}.",
    "Agree a standard referral form.",
    "Recommendation 1",
    parts={"list": missing_content},
)
def the_minimum_content_is_not_met(r):
    lacking = np.logical_or.reduce([r.says(id, "NO") for id in ("C07", "C10", "C11", "C12")])
    unanswered = np.logical_or.reduce([r.is_blank(id) | r.says(id, "NOT_KNOWN") for id in ("C13", "C14")])
    return r.received & (lacking | unanswered)


@rule("REF-08", WARNING, "C01 C05 C20", "No appointment made.", "Make an appointment before release.", "5.7")
def no_appointment_was_made(r):
    return r.received & r.says("C05", "YES") & r.says("C20", "NO")


@rule(
    "REF-09",
    WARNING,
    "C24 C26",
    "Missed appointment not followed up.",
    "Agree how missed appointments are followed up.",
    "5.7",
)
def a_missed_appointment_was_not_followed_up(r):
    return r.says("C24", "DNA") & r.says("C26", "NO")


NEEDS_RECEIPT = tuple(f"C{number:02}" for number in range(2, 16) if number != 9)


@rule(
    "REF-10",
    ERROR,
    "C01 " + " ".join(NEEDS_RECEIPT),
    "Skip logic: not received, but details given.",
    "Answer that it was received, or clear the details.",
    "Design",
)
def details_of_a_referral_that_was_not_received(r):
    return r.says("C01", "NO") & np.logical_or.reduce([r.is_filled(id) for id in NEEDS_RECEIPT])


@rule(
    "REF-11",
    WARNING,
    "C24 C30 C31",
    "Attended, not engaged: give a reason.",
    "Say why the person did not engage.",
    "Design",
)
def attended_but_not_engaged_without_a_reason(r):
    return r.says("C24", "ATTENDED") & r.says("C30", "NO") & r.is_blank("C31")


@rule(
    "REF-12",
    ERROR,
    "C30",
    "Engaged locally but not visible to NDTMS: {rules}.",
    "Correct what hides it, while the record can still be corrected.",
    "6.1",
    parts={"rules": lambda r, row: ", ".join(r.failing[row]) or "no rule explains it"},
)
def engaged_but_not_visible(r):
    return r.engaged_locally & ~r.engaged_ndtms


@rule(
    "REF-13",
    ERROR,
    "C05 C30",
    "Called not appropriate but engaged.",
    "Correct one of the two answers.",
    "Design",
)
def not_appropriate_but_engaged(r):
    return r.says("C05", "NO") & r.says("C30", "STRUCTURED")


@rule(
    "REF-14",
    INFORMATION,
    "P13",
    "Confirm SPOC details.",
    "Ask the area's single point of contact to confirm its entry.",
    "Recommendation 6",
)
def the_single_point_of_contact_was_not_confirmed(r):
    return r.spoc_unconfirmed


@rule(
    "SEC-01",
    BLOCK,
    "C48",
    "Remove personal details.",
    "Take names, references and dates of birth out of the comment.",
    "5.3",
)
def the_comment_holds_personal_details(r):
    return personal_details(r.rows)


# All rules at once


@dataclass(frozen=True)
class Finding:
    """A rule that fired for a row, in words. `columns` are those it looks at."""

    code: str
    severity: Severity
    columns: tuple
    message: str
    remedy: str


class Checked:
    """The rows with the rules that fired: `fired[code]` has one truth for each row."""

    def __init__(self, referrals):
        self.referrals = referrals
        self.fired = {code: rule.fires(referrals) for code, rule in RULES.items() if not rule.workbook}
        self.workbook_rules = [code for code, rule in RULES.items() if rule.workbook and rule.fires(referrals)]
        referrals.failing = _Failing(self)

    def __len__(self):
        return len(self.referrals)

    def codes_of(self, row):
        return sorted(code for code, fired in self.fired.items() if fired[row])

    def codes(self):
        """For each row, its codes in order."""
        found = [[] for _ in range(len(self))]
        for code in sorted(self.fired):
            for row in np.flatnonzero(self.fired[code]).tolist():
                found[row].append(code)
        return found

    def severity_of(self, code, row):
        rule = RULES[code]
        return Severity.WARNING if rule.gentler and self._gentler[code][row] else rule.severity

    @cached_property
    def _gentler(self):
        return {code: rule.gentler(self.referrals) for code, rule in RULES.items() if rule.gentler}

    def findings_of(self, row):
        return [self.finding(code, row) for code in self.fired if self.fired[code][row]]

    def finding(self, code, row):
        rule = RULES[code]
        parts = {name: say(self.referrals, row) for name, say in rule.parts.items()}
        return Finding(
            code,
            self.severity_of(code, row),
            rule.about(self.referrals, row) if rule.about else rule.columns,
            rule.message.format(**parts),
            rule.remedy.format(**parts),
        )

    def counts(self):
        """How often each rule fired, in the order of the catalogue."""
        return {code: int(fired.sum()) for code, fired in self.fired.items()}

    @property
    def has_errors(self):
        """Whether a rule that blocks or is an error fires anywhere."""
        if any(RULES[code].severity in {BLOCK, ERROR} for code in self.workbook_rules):
            return True
        return any(self.is_error(code).any() for code in self.fired)

    def is_error(self, code):
        """Where a rule fires as a block or an error."""
        rule = RULES[code]
        if rule.severity not in {BLOCK, ERROR}:
            return np.zeros(len(self), bool)
        return self.fired[code] & ~self._gentler[code] if rule.gentler else self.fired[code]

    def lost_reason(self):
        """For each row the number in (None, *LOST_REASONS, OTHER): why an engaged person is lost to the data."""
        reasons = [self.fired[code] for code in LOST_REASONS]
        first = np.select(reasons, range(1, len(reasons) + 1), default=len(reasons) + 1)
        return np.where(self.referrals.lost_to_data, first, 0)


LOST_NAMES = (None, *LOST_REASONS, OTHER_REASON)


class _Failing:
    """The codes that hide a row from the national system, for the words of REF-12."""

    def __init__(self, checked):
        self.checked = checked

    def __getitem__(self, row):
        return [
            code for code in ("EXT-01", "EXT-02", "EXT-03", "EXT-04", *LOST_REASONS) if self.checked.fired[code][row]
        ]


def check(rows, audit):
    """All rules over the rows of an audit: one row that is being saved, an upload, or 100,000 in the worker."""
    return Checked(Referrals(rows, audit))


# Seen, though no rule is about it


NOTES = {
    "ACT-01": "Engaged, but no episode is recorded.",
    "ACT-02": "Engaged with recovery support only, but no intervention is recorded.",
    "ACT-03": "The episode is still open, although the person was not in treatment before custody.",
    "ACT-04": "The episode was re-opened, but the earlier discharge date is not given.",
    "ACT-05": "A date in the community's answers is after the day of this audit's data.",
}
PAST_DAYS = ("C02", "C09", "C18", "C25", "C33", "C39", "C42", "C43", "C46", "C47")


def notes(r):
    """Where each of NOTES holds. They inform and are no part of the rules."""
    in_future = np.logical_or.reduce([r.day(id) > r.today for id in PAST_DAYS])
    return {
        "ACT-01": r.engaged_locally & r.says("C32", "NONE"),
        "ACT-02": r.says("C30", "RECOVERY") & (r.interventions == 0),
        "ACT-03": r.says("C32", "STILL_OPEN") & ~r.had_episode,
        "ACT-04": r.is_reopened & r.is_blank("C39"),
        "ACT-05": in_future | r.has_intervention(r.intervention_starts > r.today),
    }
