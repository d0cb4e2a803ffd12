"""Who succeeded whom: read from succ, linked from a day on, and followed as far as it is one-to-one."""

import json
from datetime import date

import pytest
from django.core.management import call_command
from django.db.backends.postgresql.psycopg_any import DateRange

from accounts import ods, successions
from accounts.models import Organisation, OrganisationLink
from accounts.ods import Report, Succession, Unreadable
from accounts.tests.factories import make_commissioner, make_link, make_organisation, make_seat
from accounts.tests.test_ods import line, write
from journal.models import Event

DAY = date(2026, 4, 1)
LATER = date(2026, 6, 1)


def succeed(successor, *predecessors, on=DAY):
    for predecessor in predecessors:
        make_link(successor, predecessor, since=on, kind=OrganisationLink.Kind.SUCCESSOR_OF)


# Reading


def test_each_line_of_succ_names_predecessor_successor_and_day(tmp_path):
    path = write(
        tmp_path / "succ.csv",
        ["Organisation Code", "Successor Code", "Reason", "Date"],
        ["ZZA", "ZZB", "R", "20260401", "1"],
        ["ZZC", "ZZB", "20260401"],
    )

    assert ods.read(path) == [Succession("ZZA", "ZZB", DAY), Succession("ZZC", "ZZB", DAY)]


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        (["ZZA", "ZZB", "R"], "line 1: the day on which ZZB succeeds ZZA is missing"),
        (["ZZA", "ZZA", "20260401"], "line 1: ZZA cannot succeed itself"),
        (["ZZA", "zzb", "20260401"], "line 1: “zzb” is no organisation code"),
        (["ZZA", "ZZB", "20260231"], "line 1: the day of succession “20260231” is no day"),
        (["ZZA"], "line 1: one column only"),
    ],
)
def test_a_line_of_succ_that_says_too_little_is_refused(tmp_path, bad, sentence):
    with pytest.raises(Unreadable, match=sentence):
        ods.read(write(tmp_path / "succ.csv", bad))


@pytest.mark.parametrize(
    ("code", "name", "is_icb"),
    [
        ("QMJ", "NORTH LONDON PARTNERS", True),  # by its code
        ("Z9Z9Z", "NHS INVENTED AND FAR AWAY INTEGRATED CARE BOARD", True),  # by its name
        ("Z9Z8Z", "NHS INVENTED ICB", True),
        ("Z9Z7Z", "INVENTED INTEGRATED CARE BOARD STAFF BANK", False),
        ("QZZ", "INVENTED STRATEGIC PARTNERSHIP", False),
    ],
)
def test_an_icb_is_known_by_its_code_or_by_the_end_of_its_name(tmp_path, code, name, is_icb):
    [row] = ods.read(write(tmp_path / "eother.csv", line(code, name)))

    assert row.report is Report.PARTNERSHIPS
    assert row.is_left_out is not is_icb


# Bringing in


@pytest.fixture
def run(tmp_path, capsys):
    def run(**files):
        paths = [write(tmp_path / f"{name}.csv", *lines) for name, lines in files.items()]
        call_command("import_ods", *paths, "--json")
        return json.loads(capsys.readouterr().out)

    return run


@pytest.mark.django_db
def test_icbs_and_what_they_succeeded_come_from_two_files_at_once(run):
    files = {
        "eother": [
            line("QZ1", "NHS EAST INTEGRATED CARE BOARD", closed="20260401"),
            line("QZ2", "NHS WEST INTEGRATED CARE BOARD", closed="20260401"),
            line("QZ3", "NHS BOTH INTEGRATED CARE BOARD", opened="20260401"),
            line("QZ4", "SOME PARTNERSHIP"),
        ],
        "succ": [["QZ1", "QZ3", "20260401"], ["QZ2", "QZ3", "20260401"], ["XXX", "QZ3", "20260401"]],
    }

    outcome, again = run(**files), run(**files)

    assert (outcome["successions"], outcome["successions_passed_over"], outcome["left_out"]) == (2, 1, 1)
    assert again["successions"] == 0
    both = Organisation.objects.get(code="QZ3")
    assert both.kind == Organisation.Kind.ICB
    links = OrganisationLink.objects.filter(from_organisation=both, kind="SUCCESSOR_OF")
    assert {(link.to_organisation.code, link.during.lower, link.source) for link in links} == {
        ("QZ1", DAY, "ODS"),
        ("QZ2", DAY, "ODS"),
    }
    assert Event.objects.filter(act="succession recorded from ODS").count() == 2


@pytest.mark.django_db
def test_a_corrected_day_replaces_the_earlier_one(run):
    make_organisation("ZZA"), make_organisation("ZZB")
    run(succ=[["ZZA", "ZZB", "20260401"]])

    run(succ=[["ZZA", "ZZB", "20260501"]])

    assert OrganisationLink.objects.get().during == DateRange(date(2026, 5, 1), None)


# Following


@pytest.mark.django_db
def test_a_seat_stands_for_all_that_its_organisation_succeeded_by_now():
    first, second, third, future = (make_organisation() for _ in range(4))
    succeed(second, first, on=date(2020, 4, 1))
    succeed(third, second, on=date(2021, 4, 1))
    succeed(third, future, on=date(2099, 4, 1))
    seat = make_seat("PREVENT_EDITOR", third)

    assert seat.stands_for == [third.pk, second.pk, first.pk]
    assert list(Organisation.objects.visible_to(seat).order_by("pk")) == [first, second, third]


@pytest.mark.django_db
def test_circles_come_to_an_end():
    first, second = make_organisation(), make_organisation()
    succeed(first, second)
    succeed(second, first)

    assert OrganisationLink.objects.with_predecessors(first.pk, LATER) == [first.pk, second.pk]
    assert successions.lineage(first.pk, LATER) == [first.pk, second.pk]
    Organisation.objects.update(closed_on=DAY)
    assert successions.in_place_of([first.pk], LATER) == {}


@pytest.mark.django_db
def test_a_line_goes_on_only_where_the_succession_is_one_to_one():
    renamed, before = make_organisation(), make_organisation()
    merged, one, other = (make_organisation() for _ in range(3))
    half, rest, whole = (make_organisation() for _ in range(3))
    succeed(renamed, before)
    succeed(merged, one, other)
    succeed(half, whole)
    succeed(rest, whole)

    assert successions.lineage(renamed.pk, LATER) == [renamed.pk, before.pk]
    assert successions.lineage(merged.pk, LATER) == [merged.pk]
    assert successions.lineage(half.pk, LATER) == [half.pk]
    assert successions.lineage(renamed.pk, date(2026, 3, 31)) == [renamed.pk]


@pytest.mark.django_db
def test_the_one_open_successor_takes_the_place_of_a_closed_organisation():
    closed, also, merged, split, left, right = (make_commissioner() for _ in range(6))
    Organisation.objects.filter(pk__in=[closed.pk, also.pk, split.pk]).update(closed_on=DAY)
    succeed(merged, closed, also)
    succeed(left, split)
    succeed(right, split)

    everybody = [closed.pk, also.pk, merged.pk, split.pk]
    assert successions.in_place_of(everybody, LATER) == {closed.pk: merged.pk, also.pk: merged.pk}
    assert successions.in_place_of(everybody, date(2026, 3, 31)) == {}
