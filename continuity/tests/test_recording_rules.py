"""Every rule fires where it should and is silent just beside it; the example of the guidance comes out as written."""

import re
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest

from continuity.recording_rules import LOST_NAMES, RULES, Severity, identifying_columns
from continuity.tests.audits_made import AUDIT, EXIT, REOPENED, STARTED, checked, day, referral, treated


def codes(row=0, /, *, interventions=None, audit=AUDIT, **changes):
    return checked(referral(**changes), interventions=interventions, audit=audit).codes_of(row)


def test_there_are_97_rules_of_eight_families():
    families = Counter(code[:3] for code in RULES)

    assert sum(families.values()) == 97
    assert families == {
        "EXT": 13, "ATT": 13, "DAT": 13, "WIN": 6, "INT": 6, "DIS": 14, "EPI": 11, "TOP": 6, "REF": 14, "SEC": 1
    }  # fmt: skip


def test_every_rule_has_words_a_remedy_and_a_source():
    for rule in RULES.values():
        assert rule.message and rule.remedy and rule.source
        assert re.findall(r"{(\w+)}", rule.message + rule.remedy) == [] or rule.parts


def test_a_referral_as_it_should_be_breaks_no_rule():
    found = checked(referral())

    assert found.codes_of(0) == []
    assert found.workbook_rules == []
    assert not found.has_errors
    assert found.referrals.engaged_ndtms.all()


TC_OCC = "Treatment completed - occasional user (not opiates or crack)"
DRUG_FREE, ALC_FREE = "Treatment completed - drug free", "Treatment completed - alcohol free"
COURT, REFUSED = "Incomplete - client released from court", "Incomplete - onward referral offered and refused"
NO_REFERRAL = "No onward referral"
RECOVERY_REFERRAL = "Referred to recovery support service"
EARLIER = {k: v for k, v in REOPENED.items() if k in {"C38", "C39", "C40", "C41", "C42", "C43"}}
STILL_OPEN = {"C32": "Still open from before custody"}
REOPENED_START = treated(("Psychosocial", day(2)))

# code, what makes it fire, what is just beside
BESIDE = [
    ("EXT-01", {"P10": DRUG_FREE}, {}),
    ("EXT-01", {"P10": None}, {"P10": "TRANSFERRED \u2013 not in custody"}),
    ("EXT-02", {"P12": "Died"}, {}),
    ("EXT-02", {"P12": None}, {}),
    ("EXT-03", {"P13": "B05B"}, {"P13": "A09B"}),
    ("EXT-03", {"P13": None}, {"P13": "a10b"}),
    ("EXT-04", {"P11": date(2018, 4, 1)}, {"P11": date(2018, 3, 31)}),
    ("EXT-04", {"P11": date(2017, 12, 31)}, {"P11": date(2018, 1, 1)}),
    ("EXT-04", {"P11": date(2017, 12, 31)}, {"P11": None}),
    ("EXT-05", {"P13": "A09B"}, {"P13": "A10B"}),
    ("EXT-05", {"P13": "A09B"}, {"P13": None}),
    *[("EXT-06", {f"P{n:02}": None}, {}) for n in (1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 18, 24)],
    ("EXT-06", {"P25": None}, {"P08": None, "P09": None, "P17": None, "P19": None, "P22": None}),
    ("EXT-09", {"P24": "No"}, {}),
    ("EXT-09", {"P24": None}, {}),
    ("EXT-12", {"P07": "1011"}, {"P07": "Heroin"}),
    ("EXT-12", {"P10": "83"}, {"P10": "transferred not in custody"}),
    ("EXT-12", {"P04": "1"}, {"P04": "m", "C37": "1"}),
    ("EXT-13", {"P10": "Treatment complete - drug free"}, {"P10": "treatment completed drug-free"}),
    ("EXT-13", {"P10": "Treatment completed - occasional user (not heroin or crack)"}, {"P10": TC_OCC}),
    ("ATT-01", {"C34": None}, {}),
    ("ATT-01", {"P03": None}, {"C32": "None", "C34": None, "C35": None, "C36": None, "C37": None}),
    ("ATT-02", {"P02": "Ruin", "C34": "R", "C35": "S"}, {"P02": "Ruin", "C34": "S", "C35": "R"}),
    ("ATT-02", {"P02": "Ruin", "C34": "R", "C35": "S"}, {"P02": "Ruin", "C34": "R", "C35": "S", "C37": "Female"}),
    ("ATT-03", {"P01": "Robert", "C34": "B"}, {"P01": "Robert", "C34": "X"}),
    ("ATT-03", {"P01": "Bill", "C34": "W"}, {"P01": "Robert", "C34": "R"}),
    ("ATT-04", {"P01": "Robert", "C34": "X"}, {"P01": "Robert", "C34": "B"}),
    ("ATT-05", {"C35": "T"}, {"P02": "\u015aample"}),
    ("ATT-06", {"C36": date(1980, 5, 3)}, {"C36": date(1980, 3, 5)}),
    ("ATT-07", {"C36": date(1980, 3, 6)}, {"C36": date(1980, 5, 3)}),
    ("ATT-07", {"P03": date(1980, 3, 13), "C36": date(1980, 3, 31)}, {}),
    ("ATT-07", {"C36": date(1979, 3, 5)}, {"C36": date(1978, 4, 5)}),
    ("ATT-07", {"C36": date(1970, 3, 5)}, {}),
    ("ATT-07", {"C36": date(1880, 3, 5)}, {}),
    ("ATT-07", {"C36": date(1890, 3, 5)}, {}),
    ("ATT-08", {"P03": date(1980, 3, 13), "C36": date(1962, 11, 27)}, {"C36": date(1980, 3, 6)}),
    ("ATT-09", {"C37": "Female"}, {}),
    ("ATT-10", {"C37": "Female", "C36": date(1980, 5, 3)}, {"C37": "Female"}),
    ("ATT-12", {"P03": date(2000, 3, 2)}, {"P03": date(2000, 3, 1)}),
    ("ATT-12", {"P03": date(2018, 6, 2)}, {}),
    ("ATT-12", {"P03": date(1900, 1, 1)}, {"P03": date(1900, 1, 2)}),
    ("ATT-13", {"P01": "Robert", "C34": None}, {"P01": "Robert", "C34": "R"}),
    ("ATT-13", {"P01": "Robert", "C34": None}, {"P01": "Xyz", "C34": None}),
    ("DAT-01", {"P11": None}, {}),
    ("DAT-01", {"P11": date(2018, 6, 2)}, {"P11": date(2018, 6, 1)}),
    ("DAT-02", {"P06": day(1)}, {"P06": day(0)}),
    ("DAT-03", {"C33": day(-1)}, {"C33": day(0)}),
    ("DAT-03", {"C33": day(-1)}, REOPENED | {"C33": day(-1)}),
    ("DAT-04", {"C09": day(1)}, {"C09": day(0)}),
    ("DAT-05", {"C09": day(-1)}, {"C09": day(0)}),
    ("DAT-06", {"C33": day(22), "C09": day(1)}, {"C33": day(22), "C09": day(0)}),
    ("DAT-06", {"C33": day(22), "C09": day(1)}, {"C33": day(21), "C09": day(1)}),
    ("DAT-07", {"C08": day(1)}, {"C08": day(1), "C09": day(1)}),
    ("DAT-08", {"P16": None}, {}),
    ("DAT-09", {"P16": day(1)}, {"P16": day(0)}),
    ("DAT-10", {"P10": COURT, "P16": day(-1), "P17": day(-2)}, {"P10": COURT, "P16": day(-2), "P17": day(-2)}),
    ("DAT-10", {"P10": COURT, "P16": day(-1), "P17": day(-2)}, {"P16": day(-1), "P17": day(-2)}),
    ("DAT-11", {"C25": day(-1)}, {"C25": day(0)}),
    ("DAT-11", {"C21": day(-1)}, {"C21": day(0)}),
    ("DAT-12", {"C18": day(1)}, {"C18": day(0)}),
    ("DAT-13", {"C02": day(1)}, {"C02": day(0)}),
    ("WIN-01", {"C33": None}, {"C33": None, "C32": "None"}),
    ("WIN-02", {"C33": day(22)}, {"C33": day(21)}),
    ("DIS-01", {"P14": RECOVERY_REFERRAL}, {"P10": DRUG_FREE, "P14": RECOVERY_REFERRAL}),
    ("DIS-02", {"P14": NO_REFERRAL}, {}),
    ("DIS-02", {"P14": None}, {"P10": DRUG_FREE, "P14": None}),
    ("DIS-03", {"P10": DRUG_FREE}, {"P10": DRUG_FREE, "P14": RECOVERY_REFERRAL}),
    ("DIS-04", {"P10": TC_OCC, "P14": NO_REFERRAL}, {"P10": ALC_FREE, "P14": NO_REFERRAL}),
    ("DIS-05", {"P10": TC_OCC}, {"P10": TC_OCC, "P07": "Cannabis"}),
    ("DIS-05", {"P10": TC_OCC, "P07": "Cannabis", "P09": "Crack"}, {"P10": TC_OCC, "P07": "Cocaine"}),
    ("DIS-06", {"P10": REFUSED, "P14": None}, {"P10": REFUSED, "P14": NO_REFERRAL}),
    ("DIS-07", {"P10": COURT, "P14": None}, {"P10": COURT, "P14": NO_REFERRAL}),
    ("DIS-08", {"P10": COURT, "P18": None}, {"P10": COURT, "P18": "Unplanned from court"}),
    ("DIS-09", {"P18": "Unplanned from court"}, {"P18": "Unplanned other"}),
    ("DIS-10", {"P13": None}, {"P13": None, "P12": "Died"}),
    ("DIS-11", {"C05": "No", "C06": "No structured need"}, {"C05": "No", "C06": "Wrong area"}),
    ("DIS-12", {"P10": ALC_FREE, "P08": None}, {"P10": ALC_FREE}),
    ("DIS-12", {"P10": DRUG_FREE, "P07": "Alcohol"}, {"P10": DRUG_FREE}),
    ("DIS-13", {"P10": "Transferred in custody"}, {"P10": "Transferred in custody", "P12": "Other"}),
    ("DIS-14", {"P10": "Other"}, {"P10": DRUG_FREE, "P14": NO_REFERRAL}),
    ("DIS-14", {"P14": NO_REFERRAL}, {"P14": None}),
    ("EPI-01", EARLIER | {"C39": None}, EARLIER),
    ("EPI-01", EARLIER | STILL_OPEN, STILL_OPEN),
    ("EPI-02", EARLIER | {"C40": None}, EARLIER),
    ("EPI-03", EARLIER | {"C41": "No"}, EARLIER),
    ("EPI-04a", EARLIER | {"C42": None}, EARLIER),
    ("EPI-04b", EARLIER | {"C43": None}, REOPENED | {"C43": None}),
    ("EPI-06", EARLIER | {"C39": day(-19)}, EARLIER | {"C39": day(-20)}),
    ("EPI-09", EARLIER | {"P06": day(-50), "C39": day(-52)}, EARLIER | {"P06": day(-50), "C39": day(-51)}),
    ("EPI-09", EARLIER | {"P06": day(-50), "C39": day(-28)}, EARLIER | {"P06": day(-50), "C39": day(-29)}),
    ("EPI-10", EARLIER | {"P06": day(-18), "C39": day(-20)}, EARLIER | {"P06": day(-18), "C39": day(-19)}),
    ("EPI-10", EARLIER | {"P06": day(-20), "C39": day(-19)}, EARLIER | {"P06": day(-20), "C39": day(-20)}),
    ("TOP-01", {"C46": None}, {"C46": day(9)}),
    ("TOP-01", {"C46": None}, REOPENED | {"C46": None}),
    ("TOP-02", {"C46": day(24)}, {"C46": day(23)}),
    ("TOP-02", {"C46": day(8)}, {"C46": day(9)}),
    ("TOP-05", {"C47": None}, {"C47": None, "C32": "None"}),
    ("TOP-06", {"C47": day(27)}, {"C47": day(28)}),
    ("TOP-06", {"C47": day(57)}, {"C47": day(56)}),
    ("REF-01", {"C01": "No"}, {"C01": "Not known"}),
    ("REF-02", {"C03": "Fax"}, {"C03": "Telephone"}),
    ("REF-02", {"P22": "Post"}, {"P22": "Other secure e-mail"}),
    ("REF-02", {"P22": "Ordinary e-mail"}, {"P22": None}),
    ("REF-03", {"C04": "No"}, {"C04": "Not known"}),
    ("REF-04", {"C07": "No"}, {"C07": "No", "C01": "Not known"}),
    ("REF-05", {"P20": "No", "P19": day(1)}, {"P20": "No", "P19": day(0)}),
    ("REF-05", {"P20": "No", "P19": day(1)}, {"P20": "No", "P19": None}),
    ("REF-06", {"C10": "No"}, {"C10": "Not known"}),
    ("REF-06", {"C10": "No fixed abode"}, {}),
    ("REF-07", {"C11": "No"}, {"C11": "Not known"}),
    ("REF-07", {"C13": None}, {"C13": "No"}),
    ("REF-07", {"C14": "Not known"}, {"C14": "Not known", "C01": "No"}),
    ("REF-08", {"C20": "No"}, {"C20": "No", "C05": "No"}),
    ("REF-09", {"C24": "DNA", "C26": "No"}, {"C24": "DNA", "C26": "Not known"}),
    ("REF-10", {"C01": "No"}, {"C01": "No"} | {f"C{n:02}": None for n in range(2, 16) if n != 9}),
    ("REF-11", {"C30": "No"}, {"C30": "No", "C31": "Refused"}),
    ("REF-12", {"C33": day(22)}, {"C33": day(22), "C30": "No"}),
    ("REF-13", {"C05": "No"}, {"C05": "No", "C30": "Yes recovery support only"}),
    ("INT-06", {"C30": "Yes recovery support only"}, {"C30": "Yes recovery support only", "C05": "No"}),
    ("EPI-08", REOPENED | {"C44": "Yes; No; Yes"}, REOPENED),
    ("EPI-08", REOPENED | {"C44": "Yes; No; Yes"}, {"C44": "Yes; No; Yes"}),
    ("SEC-01", {"C48": "samuel was seen"}, {"C48": "Seen by a worker"}),
    ("SEC-01", {"C48": "Mr SAMPLE."}, {"C48": "Resampled"}),
    ("SEC-01", {"C48": "ref A0001BC"}, {"C48": "ref A0002BC"}),
    ("SEC-01", {"C48": "born 5/3/1980"}, {"C48": "seen 5/3/2018"}),
    ("SEC-01", {"C48": "born 5 March 80"}, {"C48": "5 Maryland Road"}),
]  # fmt: skip


@pytest.mark.parametrize(("code", "fires", "beside"), BESIDE, ids=[f"{c}-{n}" for n, (c, _, _) in enumerate(BESIDE)])
def test_a_rule_fires_and_is_silent_beside(code, fires, beside):
    assert code in codes(**fires)
    assert code not in codes(**beside)


REOPENED_LATE = REOPENED | {"C39": day(-20), "C25": None}
WITH_INTERVENTIONS = [
    ("WIN-03", {}, [("Psychosocial", day(22))], [("Psychosocial", day(21))]),
    ("WIN-03", {}, [("Psychosocial", day(22))], [("Psychosocial", day(22)), ("Pharmacological", day(0))]),
    ("WIN-03", {}, [("Psychosocial", day(22))], [("Recovery support", day(22))]),
    ("WIN-04", {"C33": day(21)}, [("Psychosocial", day(22))], [("Psychosocial", day(21))]),
    ("WIN-04", {}, [("Psychosocial", day(22))], [("Recovery support", day(5))]),
    ("INT-01", {}, [], [("Psychosocial", day(9))]),
    ("INT-01", {}, [], [("Recovery support", day(9))]),
    ("INT-02", {}, [("Recovery support", day(4))], [("Recovery support", day(4)), ("Psychosocial", day(9))]),
    ("INT-02", {}, [("Recovery support", day(4))], []),
    ("INT-03", {}, [("Psychosocial", day(-1))], [("Psychosocial", day(-1)), ("Psychosocial", day(0))]),
    ("INT-03", {}, [("Psychosocial", day(-1))], [("Psychosocial", day(-1)), ("Psychosocial", None)]),
    ("EPI-05", REOPENED_LATE, [("Psychosocial", day(2))], [("Psychosocial", day(1))]),
    ("EPI-07", REOPENED, [("Psychosocial", day(-1))], [("Psychosocial", day(0))]),
    ("EPI-07", REOPENED, [("Recovery support", day(1))], [("Pharmacological", day(1))]),
    ("TOP-02", {"C46": day(9), "C33": day(4)}, [("Psychosocial", day(10))], [("Recovery support", day(10))]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "changes", "fires", "beside"),
    WITH_INTERVENTIONS,
    ids=[f"{c}-{n}" for n, (c, *_) in enumerate(WITH_INTERVENTIONS)],
)
def test_a_rule_about_interventions_fires_and_is_silent_beside(code, changes, fires, beside):
    assert code in codes(interventions=treated(*fires), **changes)
    assert code not in codes(interventions=treated(*beside), **changes)


def test_an_intervention_does_not_end_before_it_starts():
    ends = lambda when: [STARTED | {"P25": "row-1", "C45c": when, "C45d": "A"}]  # noqa: E731

    assert "INT-04" in codes(interventions=ends(day(8)))
    assert "INT-04" not in codes(interventions=ends(day(9)))


@pytest.mark.parametrize(
    ("end", "status", "fires"), [(day(20), None, 1), (None, "B", 1), (day(20), "B", 0), (None, None, 0)]
)
def test_an_end_date_and_an_exit_status_belong_together(end, status, fires):
    found = codes(interventions=[STARTED | {"P25": "row-1", "C45c": end, "C45d": status}])

    assert ("INT-05" in found) == bool(fires)


# Today


@pytest.mark.parametrize(
    ("days", "code", "fires"),
    [
        (21, "WIN-05", True),
        (22, "WIN-05", False),
        (14, "WIN-06", False),
        (15, "WIN-06", True),
        (21, "WIN-06", True),
        (22, "WIN-06", False),
        (27, "TOP-03", True),
        (28, "TOP-03", False),
        (27, "TOP-04", False),
        (28, "TOP-04", True),
        (56, "TOP-04", True),
        (57, "TOP-04", False),
        (56, "TOP-05", False),
        (57, "TOP-05", True),
        (23, "TOP-01", False),
        (24, "TOP-01", True),
    ],
)
def test_windows_open_and_close_on_their_days(days, code, fires):
    changes = {"C46": None, "C47": None}
    if code.startswith("WIN"):
        changes |= {"C33": None}
    audit = replace(AUDIT, as_at=EXIT + timedelta(days))

    assert (code in codes(audit=audit, **changes)) == fires


def test_a_person_who_is_engaged_has_no_window_to_watch():
    audit = replace(AUDIT, as_at=day(16))

    assert not {"WIN-05", "WIN-06"} & set(codes(audit=audit))


def test_the_tops_of_a_reopened_episode_are_only_warnings():
    found = checked(referral(**REOPENED, C47=None), interventions=REOPENED_START)

    assert found.codes_of(0) == ["TOP-05"]
    assert found.severity_of("TOP-05", 0) is Severity.WARNING
    assert not found.has_errors
    assert checked(referral(C47=None)).severity_of("TOP-05", 0) is Severity.ERROR


# Across rows and about the sheet


def test_the_same_release_twice_is_a_possible_duplicate():
    same_reference = [referral(1, P05="A1"), referral(2, P05="a1 ", P01="Other")]
    same_person = [referral(1), referral(2)]
    different_days = [referral(1, P05="A1"), referral(2, P05="A1", P11=day(-9))]

    assert "EXT-07" in checked(*same_reference).codes_of(0)
    assert "EXT-07" in checked(*same_person).codes_of(1)
    assert "EXT-07" not in checked(*different_days).codes_of(0)
    assert "EXT-07" not in checked(referral(1, P11=None, P05="A1"), referral(2, P11=None, P05="A1")).codes_of(0)


def test_a_repeat_referral_says_which_of_how_many_it_is():
    found = checked(referral(1, P05="A1"), referral(2, P05="A1", P11=date(2018, 1, 10)))

    assert found.finding("EXT-08", 0).message.startswith("Repeat referral 2 of 2")
    assert found.finding("EXT-08", 1).message.startswith("Repeat referral 1 of 2")
    assert found.referrals.sequence.tolist() == [2, 1]
    assert "EXT-08" not in checked(referral(1), referral(2, P02="Other")).codes_of(0)


def test_a_row_without_reference_is_the_only_client_with_its_attributors():
    one = checked(referral(1), referral(2, P05=None, P11=day(-9)))
    ambiguous = checked(referral(1), referral(2), referral(3, P05=None, P11=day(-9)))

    assert "EXT-08" in one.codes_of(1)
    assert "EXT-08" not in ambiguous.codes_of(2)


def test_two_clients_with_the_same_attributors_are_pointed_out():
    assert "ATT-11" in checked(referral(1), referral(2)).codes_of(0)
    assert "ATT-11" not in checked(referral(1, P05="A1"), referral(2, P05="A1")).codes_of(0)
    assert "ATT-11" not in checked(referral(1), referral(2, P02="Other", C35="O")).codes_of(0)


def test_whose_sheet_it_is_follows_from_the_recipient_or_the_only_area():
    only_area = replace(AUDIT, recipient="", areas=("A10B",))
    nobody_knows = replace(AUDIT, recipient="")

    assert {"EXT-03", "EXT-05"} <= set(codes(P13="A09B", audit=only_area))
    assert "EXT-05" not in codes(P13="A09B", audit=nobody_knows)


def test_a_sheet_without_sharing_agreement_is_blocked():
    found = checked(referral(), audit=replace(AUDIT, has_sharing_agreement=False))

    assert found.workbook_rules == ["EXT-11"]
    assert found.has_errors


def test_a_roll_up_holds_nothing_that_names_people():
    assert identifying_columns(["P25", "P02", "X07", "C48"]) == ("P02", "C48")
    assert identifying_columns(["P25", "P04", "X01"]) == ()


def test_an_entry_of_the_directory_that_nobody_confirmed_for_a_year_is_pointed_out():
    confirmed = replace(AUDIT, spoc_confirmed={"A10B": date(2017, 6, 1)})
    long_ago = replace(AUDIT, spoc_confirmed={"A10B": date(2017, 5, 31)})

    assert "REF-14" not in codes(audit=confirmed)
    assert "REF-14" in codes(audit=long_ago)
    assert "REF-14" in codes(audit=replace(AUDIT, spoc_confirmed={}))
    assert "REF-14" not in codes()


# Words


@pytest.mark.parametrize(
    ("code", "changes", "message"),
    [
        ("EXT-06", {"P07": None, "P15": None}, "Drug 1 is missing; Secure setting is missing."),
        ("EXT-13", {"P10": "Treatment complete drug free"}, "Read as 'Treatment completed - drug free'."),
        ("ATT-03", {"P01": "Robert", "C34": "B"}, "Short form used? Prison has R, community B."),
        ("WIN-02", {"C33": day(30)}, "Triaged 30 days after exit, outside 21 days."),
        ("TOP-06", {"C47": day(57)}, "Post-prison exit TOP done on day 57."),
        (
            "REF-07",
            {"C11": "No", "C13": None},
            "It did not say: the substance misuse need, whether there is a mental health need.",
        ),
        ("REF-12", {"C33": day(30)}, "Engaged locally but not visible to NDTMS: WIN-02."),
        ("EPI-08", REOPENED | {"C44": "No; Yes; No"}, "Delete discharge date, discharge reason and exit TOP."),
    ],
)
def test_a_finding_says_what_is_wrong_in_this_row(code, changes, message):
    found = checked(referral(**changes)).finding(code, 0)

    assert message.lower() in found.message.lower()


def test_days_left_and_the_closing_day_are_said():
    found = checked(referral(C33=None), audit=replace(AUDIT, as_at=day(16)))

    assert found.finding("WIN-05", 0).message == "5 days left."
    assert found.finding("WIN-06", 0).message == "Window closes on 22 March 2018."


# The worked example


def start(kind, when):
    return [{"P25": "row-1", "C45a": kind, "C45b": date(2018, 3, when) if isinstance(when, int) else when}]


MARCH = {number: date(2018, 3, number) for number in range(1, 32)}
EXAMPLE = {
    "a": ({"C33": MARCH[5]}, start("Psychosocial", 10), True, set()),
    "b": ({"C33": MARCH[22], "C46": MARCH[22]}, start("Pharmacological", 22), True, set()),
    "c": ({"C33": MARCH[22]}, start("Pharmacological", 23), False, {"WIN-03", "WIN-04"}),
    "d": ({"C33": date(2018, 2, 27)}, start("Pharmacological", 2), False, {"DAT-03"}),
    "e": ({"C33": MARCH[5]}, start("Recovery support", 5), False, {"INT-02"}),
    "f": (REOPENED, start("Psychosocial", 3), True, set()),
    "g": (REOPENED | {"C39": date(2018, 2, 5)}, start("Psychosocial", 3), False, {"EPI-05"}),
    "h": (REOPENED, start("Psychosocial", date(2017, 6, 1)), False, {"INT-03", "EPI-07"}),
    "i": ({"P01": "Robert", "C34": "B"}, start("Psychosocial", 10), False, {"ATT-03"}),
    "j": (EARLIER | {"C39": None}, start("Psychosocial", 10), True, {"EPI-01"}),
    "l": ({"P14": RECOVERY_REFERRAL}, start("Psychosocial", 10), True, {"DIS-01"}),
    "m": (
        {"C32": "None", "C33": None, "C24": "DNA", "C25": None, "C26": "No", "C30": "No"}
        | dict.fromkeys(("C34", "C35", "C36", "C37", "C46", "C47")),
        [],
        False,
        {"REF-09"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("row", EXAMPLE)
def test_the_worked_example(row):
    changes, interventions, engaged, expected = EXAMPLE[row]
    if row in "fgh":
        changes = changes | {"C25": MARCH[3], "C21": MARCH[3]}

    found = checked(referral(**changes), interventions=interventions)

    assert bool(found.referrals.engaged_ndtms[0]) is engaged
    assert expected <= set(found.codes_of(0))
    assert found.referrals.in_scope[0]
    if row == "m":
        assert "WIN-01" not in found.codes_of(0)


def test_who_is_lost_to_the_data_is_lost_for_the_first_reason_that_explains_it():
    lost = checked(referral(P01="Robert", C34="B", C33=day(30)))
    no_episode = checked(referral(C32="None", C34=None, C35=None, C36=None, C37=None))
    recovery = checked(referral(C30="Yes recovery support only"), interventions=treated(("Recovery support", day(4))))

    assert LOST_NAMES[lost.lost_reason()[0]] == "ATT-03"
    assert LOST_NAMES[no_episode.lost_reason()[0]] == "OTHER"
    assert LOST_NAMES[recovery.lost_reason()[0]] is None
    assert not recovery.referrals.lost_to_data[0] and recovery.referrals.engaged_locally[0]


def test_a_new_episode_beside_an_open_one_can_be_engaged_and_the_open_one_never_is():
    beside = checked(referral(**EARLIER | {"C39": None}))
    still_open = checked(referral(**EARLIER | STILL_OPEN | {"C39": None}))

    assert beside.referrals.engaged_ndtms[0]
    assert not still_open.referrals.engaged_ndtms[0]
    assert LOST_NAMES[still_open.lost_reason()[0]] == "EPI-01"
