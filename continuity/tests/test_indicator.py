"""The published indicator: brought in whole or not at all, compared on unrounded figures, shown to whom it concerns."""

import io
import json
from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Organisation
from accounts.tests.factories import make_organisation, make_seat, sign_in
from continuity import indicator
from continuity.indicator_protection import hidden_in
from continuity.models import Area, IndicatorValue, PracticeChange
from continuity.national_values import NATIONAL_VALUES
from continuity.tests.audit_factories import make_audit
from continuity.tests.factories import NOW, make_area, make_prison, make_protocol, make_spoc, make_spoc_entry
from journal.models import Event
from journal.refused import Refused
from returns.models import Release

pytestmark = pytest.mark.django_db

HEAD = ",".join(indicator.COLUMNS) + "\n"


@pytest.fixture
def somewhere():
    prison, spoc, area = make_prison(code="ZZX91"), make_spoc(), make_area("Larkmoor", "Y01B")
    make_protocol(prison, spoc, area, agreed=True)
    return prison, spoc, area


def bring_in(text):
    return indicator.bring_in(indicator.read((HEAD + text).encode()), at=NOW)


def at(name, prison, area):
    return reverse(f"continuity:{name}", args=["2.16", 12, prison, area])


def commissioner():
    return make_seat("CONTINUITY_SECURE_COMMISSIONER", make_organisation(kind=Organisation.Kind.OTHER))


def test_a_file_goes_in_and_a_second_one_replaces_what_differs(somewhere):
    first = bring_in("2.16,2018-03-31,12,,Y01B,30,100\n2.16,2018-03-31,12,ZZX91,Y01B,6,19\n")
    second = bring_in("2.16,2018-03-31,12,,Y01B,31,100\n2.16,2018-03-31,12,ZZX91,Y01B,6,19\n")

    assert (first.created, first.changed, first.unchanged) == (2, 0, 0)
    assert (second.created, second.changed, second.unchanged) == (0, 1, 1)
    assert IndicatorValue.objects.get(prison=None).numerator == 31
    assert Event.objects.filter(act="indicator imported").last().detail == {
        "created": 0,
        "changed": 1,
        "windows": ["2018-03-31"],
    }


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("3.1,2018-03-31,12,,Y01B,1,2\n", "Line 2: the measure has to be 2.16 or 7A"),
        ("7A,31/03/2018,12,,Y01B,1,2\n", "Line 2: window_end has to be a day"),
        ("7A,0001-03-31,12,,Y01B,1,2\n", "Line 2: window_end has to lie between 2000 and 2100"),
        ("7A,2018-03-31,12,,Y01B,1.5,2\n", "Line 2: numerator has to be a whole number"),
        ("7A,2018-03-31,12,,Y01B,,2\n", "Line 2: numerator has to be a whole number"),
        ("7A,2018-03-31,12,,Y01B,3,2\n", "Line 2: 3 of 2 cannot be"),
        ("7A,2018-03-31,0,,Y01B,1,2\n", "Line 2: window_months has to be from 1 to 36"),
        ("7A,2018-03-31,12,,,1,2\n", "Line 2: name a prison, an area, or both"),
        ("7A,2099-03-31,12,,Y01B,1,2\n", "Line 2: the window has not ended yet"),
        ("7A,2018-03-31,12,,Y01B\0,1,2\n", "characters that no text has"),
        ("7A,2018-03-31,12,,Y99B,1,2\n", "Line 2: no area of the portal has the code Y99B"),
        ("7A,2018-03-31,12,,Y01B,1,2\n7A,2018-03-31,12,NOBODY,,1,2\n", "Line 3: no prison of the portal has the code"),
        ("7A,2018-03-31,12,,Y01B,1,2\n7A,2018-03-31,12,,Y01B,2,2\n", "Lines 2 and 3 are about the same"),
        ("", "This file has no rows"),
        ("7A,2018-03-31,12,,Y01B,300,1,000\n", "Line 2 has more cells than the first line has columns"),
        ("7A,2018-03-31,12,,Y01B,1,2\n7A,2018-03-31,12,,y01b,2,2\n", "Lines 2 and 3 are about the same"),
        ("7A,2018-03-31,*,,Y01B,1,2\n", "Line 2: window_months has to be a whole number"),
    ],
)
def test_a_wrong_line_is_named_and_nothing_is_stored(somewhere, text, sentence):
    with pytest.raises(Refused, match=sentence):
        bring_in(text)

    assert not IndicatorValue.objects.exists()


@pytest.mark.parametrize(("data", "sentence"), [(b"\xff\xfe", "UTF-8"), (b"a" * 2_000_001, "larger than 2 MB")])
def test_what_is_no_table_is_refused(data, sentence):
    with pytest.raises(Refused, match=sentence):
        indicator.read(data)


def test_a_heading_that_is_there_twice_is_refused():
    with pytest.raises(Refused, match="names numerator more than once"):
        indicator.read((HEAD.strip() + ",numerator\n2.16,2018-03-31,12,,Y01B,30,100,31\n").encode())


def test_codes_are_the_same_in_capitals_or_not(somewhere):
    outcome = bring_in("7a,2018-03-31,12,zzx91,y01b,6,19\n")

    value = IndicatorValue.objects.get()
    assert outcome.created == 1 and (value.measure, value.prison, value.area) == (
        "7A",
        somewhere[0].organisation,
        somewhere[2],
    )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("*,100", "Suppressed in the report – of 100"),
        ("*,*", "Suppressed in the report"),
        ("12,*", "Suppressed in the report"),
    ],
)
def test_a_suppressed_count_is_taken_as_one_and_shown_without_a_figure(client, somewhere, given, said):
    bring_in(f"2.16,2018-03-31,12,,Y01B,{given}\n2.16,2017-03-31,12,,Y01B,30,100\n")

    page = sign_in(client, somewhere[0]).get(at("indicator_trend", "-", "Y01B")).text

    assert said in page and "30.0 % – 30 of 100" in page
    assert "No transfers" not in page


def test_a_suppressed_count_replaces_no_figure_and_a_figure_replaces_it(somewhere):
    bring_in("2.16,2018-03-31,12,,Y01B,30,100\n2.16,2018-03-31,12,ZZX91,,*,*\n")

    outcome = bring_in("2.16,2018-03-31,12,,Y01B,*,*\n2.16,2018-03-31,12,ZZX91,,40,90\n")

    assert (outcome.unchanged, outcome.changed) == (1, 1)
    assert list(IndicatorValue.objects.order_by("numerator").values_list("numerator", flat=True)) == [30, 40]


def reading(numerator, denominator):
    return indicator.Reading(IndicatorValue(numerator=numerator, denominator=denominator))


def test_a_reading_has_one_decimal_and_its_interval():
    assert reading(6, 19).percent == Decimal("31.6")
    assert reading(6, 19).interval_said == "15.4 to 54.0 %"
    assert reading(30, 100).said == "30.0 % – 30 of 100"
    assert reading(0, 0).said == "No transfers" and reading(0, 0).interval_said == ""


def test_a_difference_is_of_the_unrounded_figures():
    """37.4 % to 43.04 %: 5.6 points, though the rounded 37 and 43 differ by 6."""
    assert indicator.difference(reading(4304, 10000), reading(374, 1000)) == 5.6
    assert indicator.difference(reading(1, 3), reading(2, 3)) == -33.3
    assert indicator.difference(reading(1, 3), reading(0, 0)) is None
    assert indicator.difference(reading(1, 3), None) is None


def test_the_latest_window_is_compared_with_the_one_a_year_before(somewhere):
    bring_in(
        "2.16,2016-02-29,12,,Y01B,20,100\n"
        "2.16,2016-11-30,12,,Y01B,90,100\n"
        "2.16,2017-02-28,12,,Y01B,30,100\n"
        "7A,2017-02-28,12,,Y01B,1,100\n"
    )

    values = indicator.latest(IndicatorValue.objects.filter(measure="2.16"))
    found = indicator.with_change(commissioner(), values)

    assert [(value.window_end, reading.percent, points) for value, reading, points in found] == [
        (date(2017, 2, 28), Decimal("30.0"), 10.0)
    ]


def test_the_main_pairs_come_by_their_size(somewhere):
    make_area("Netherfen", "Y02B")
    bring_in("2.16,2018-03-31,12,ZZX91,Y01B,6,19\n2.16,2018-03-31,12,ZZX91,Y02B,6,40\n2.16,2018-03-31,12,,Y02B,9,400\n")

    pairs = indicator.main_pairs(commissioner(), "2.16")

    assert [(pair.value.area.name, pair.transfers) for pair in pairs] == [("Netherfen", 40), ("Larkmoor", 19)]


def test_a_pair_is_seen_on_its_pathway_alone_and_prisons_and_areas_by_all(somewhere):
    prison, spoc, area = somewhere
    authority = make_organisation(kind=Organisation.Kind.LOCAL_AUTHORITY)
    area.local_authority = authority
    area.save()
    bring_in("2.16,2018-03-31,12,ZZX91,Y01B,6,19\n2.16,2018-03-31,12,,Y01B,9,30\n2.16,2018-03-31,12,ZZX91,,9,30\n")
    national = make_organisation("ZZN01", kind=Organisation.Kind.OTHER)
    seats = {
        3: [
            prison,
            spoc,
            make_seat("CONTINUITY_LA_COMMISSIONER", authority),
            make_seat("NATIONAL_ADMINISTRATOR", national),
            commissioner(),
        ],
        2: [
            make_prison(),
            make_spoc(),
            make_seat("CONTINUITY_LA_COMMISSIONER", make_organisation(kind=Organisation.Kind.LOCAL_AUTHORITY)),
            make_seat("CONTINUITY_FACILITATOR", national),
        ],
    }

    for number, those in seats.items():
        assert [IndicatorValue.objects.visible_to(seat).count() for seat in those] == [number] * len(those)


def test_what_a_service_ticks_in_its_own_entry_opens_no_pair(client, somewhere):
    prison, _, area = somewhere
    bring_in("2.16,2018-03-31,12,ZZX91,Y01B,6,19\n2.16,2018-03-31,12,,Y01B,9,30\n")
    curious = make_spoc()
    make_spoc_entry(curious, areas=[area], prisons=[prison.organisation])
    sign_in(client, curious)

    assert IndicatorValue.objects.visible_to(curious).count() == 1
    assert client.get(at("indicator_trend", "ZZX91", "Y01B")).status_code == 404
    assert client.get(at("add_practice_change", "-", "Y01B")).status_code == 403


def test_a_proposal_that_the_prison_has_not_agreed_to_opens_no_pair(somewhere):
    prison, netherfen = somewhere[0], make_area("Netherfen", "Y02B")
    bring_in("2.16,2018-03-31,12,ZZX91,Y02B,6,19\n")
    waiting = make_spoc()
    make_protocol(prison, waiting, netherfen)

    assert not IndicatorValue.objects.visible_to(waiting).exists()


def test_an_audit_puts_its_service_on_the_pathway_of_its_pair_alone(client):
    world = make_audit()
    codes = [world.pair_north.prison.code, world.pair_north.area.dat_code, world.pair_south.area.dat_code]
    bring_in("".join(f"2.16,2018-03-31,12,{codes[0]},{area},6,19\n" for area in codes[1:]))
    sign_in(client, world.north)

    assert [value.area for value in IndicatorValue.objects.visible_to(world.north)] == [world.pair_north.area]
    assert client.get(at("add_practice_change", *codes[:2])).status_code == 200


# Small numbers


@pytest.fixture
def fenmoor(somewhere):
    """The prison releases to Larkmoor, 7 of 53, and to Fenmoor, 3 of 7; together 10 of 60. Many places besides."""
    for number in range(4):
        make_area(f"Elsewhere {number}", f"Y5{number}B")
        make_prison(code=f"ZZY0{number}")
    make_area("Fenmoor", "Y02B")
    fenmoor = make_spoc()
    make_protocol(somewhere[0], fenmoor, Area.objects.get(dat_code="Y02B"), agreed=True)
    bring_in(
        "2.16,2018-03-31,12,ZZX91,Y01B,7,53\n2.16,2018-03-31,12,ZZX91,Y02B,3,7\n2.16,2018-03-31,12,ZZX91,,10,60\n"
        "2.16,2018-03-31,12,,Y01B,7,53\n2.16,2018-03-31,12,,Y02B,3,7\n"
        + "".join(f"2.16,2018-03-31,12,,Y5{number}B,{20 + number},60\n" for number in range(4))
        + "".join(f"2.16,2018-03-31,12,ZZY0{number},,{30 + number},60\n" for number in range(4))
    )
    return *somewhere, fenmoor


def shown_to(seat):
    """{(code of the prison, DAT code): what is shown} of what a seat sees."""
    values = IndicatorValue.objects.visible_to(seat).select_related("prison", "area")
    return {
        (found.value.prison and found.value.prison.code, found.value.area and found.value.area.dat_code): found.said
        for found in indicator.readings(seat, values)
    }


HIDDEN = "Not shown: small numbers"


def test_who_is_not_one_of_the_two_providers_sees_no_small_number_and_none_by_subtraction(fenmoor):
    for seat in (make_prison(), make_spoc(), commissioner()):
        shown = shown_to(seat)

        assert shown[None, "Y02B"] == f"{HIDDEN} – of 7"
        assert shown[None, "Y01B"] == f"{HIDDEN} – of 53"  # otherwise the prison's total less this one tells it
        assert shown[None, "Y50B"] == "33.3 % – 20 of 60"


def test_a_service_cannot_take_its_own_pair_from_the_prisons_total(fenmoor):
    shown = shown_to(fenmoor[1])

    assert shown["ZZX91", "Y01B"] == shown[None, "Y01B"] == "13.2 % – 7 of 53"
    assert shown["ZZX91", None].startswith(HIDDEN) and shown[None, "Y02B"].startswith(HIDDEN)


def test_the_two_providers_see_their_own_small_numbers(fenmoor):
    prison, _, _, service = fenmoor

    assert shown_to(prison)["ZZX91", "Y02B"] == shown_to(service)["ZZX91", "Y02B"] == "42.9 % – 3 of 7"
    assert shown_to(prison)["ZZX91", None] == "16.7 % – 10 of 60"


def test_a_commissioner_of_all_pairs_sees_no_total_that_tells_the_hidden_one(fenmoor):
    shown = shown_to(commissioner())

    assert shown["ZZX91", "Y01B"] == "13.2 % – 7 of 53"
    assert shown["ZZX91", "Y02B"].startswith(HIDDEN) and shown["ZZX91", None].startswith(HIDDEN)


def test_no_page_and_no_file_tells_a_small_number(client, fenmoor):
    sign_in(client, make_prison())

    overview = client.get(reverse("continuity:indicator")).text
    trend = client.get(at("indicator_trend", "-", "Y02B")).text
    body = client.post(reverse("continuity:indicator_download")).content.decode()

    for page in (overview, trend):
        assert HIDDEN in page and "3 of 7" not in page and "42.9" not in page
        assert "Fewer than five people" in page
    assert "2.16,2018-03-31,12,,Y02B,*,7" in body


@pytest.mark.parametrize(
    ("cells", "hidden"),
    [
        ({("p", None): (0, 40)}, set()),
        ({("p", None): (5, 40)}, set()),
        ({("p", None): (4, 40)}, {("p", None)}),
        ({("p", None): (37, 40)}, {("p", None)}),
        ({(None, "a"): (2, 40), (None, "b"): (30, 40), (None, "c"): (20, 40)}, {(None, "a"), (None, "c")}),
        ({(None, name): (2, 40) for name in "abc"} | {(None, "d"): (30, 40)}, {(None, name) for name in "abc"}),
        ({("p", None): (30, 99), ("p", "a"): (12, 40), ("p", "b"): (12, 40)}, set()),
        ({("p", None): (26, 99), ("p", "a"): (12, 40), ("p", "b"): (12, 40)}, {("p", None)}),
        ({("p", None): (20, 99), ("p", "a"): (12, 40), ("p", "b"): (4, 20), ("p", "c"): (4, 20)},
         {("p", None), ("p", "b"), ("p", "c")}),
    ],
)  # fmt: skip
def test_what_is_hidden_of_one_window(cells, hidden):
    assert hidden_in(cells, own=set()).engaged == hidden


def test_the_trend_shows_the_windows_the_changes_and_england(client, somewhere):
    prison, _, area = somewhere
    bring_in("2.16,2017-03-31,12,ZZX91,Y01B,20,100\n2.16,2018-03-31,12,ZZX91,Y01B,30,100\n")
    sign_in(client, prison)
    data = {"on_day": 1, "on_month": 9, "on_year": 2017, "category": 3, "words": "Weekly in-reach clinic"}
    assert "It is marked" in client.post(at("add_practice_change", "ZZX91", "Y01B"), data, follow=True).text

    page = client.get(at("indicator_trend", "ZZX91", "Y01B")).text

    for words in ("30.0 % – 30 of 100", "21.9 to 39.6 %", "<svg", "Weekly in-reach clinic", "38.1 %", "rolling twelve"):
        assert words in page
    assert 'class="rebase"' in page
    assert PracticeChange.objects.get().area == area


def test_a_stranger_finds_no_trend_of_a_pair(client, somewhere):
    bring_in("2.16,2018-03-31,12,ZZX91,Y01B,30,100\n2.16,2018-03-31,12,,Y01B,30,100\n")
    sign_in(client, make_prison())

    for name in ("indicator_trend", "add_practice_change"):
        assert client.get(at(name, "ZZX91", "Y01B")).status_code == 404
        assert client.get(at(name, "-", "Z77B")).status_code == 404
        assert client.get(at(name, "-", "-")).status_code == 404
    assert client.get(at("indicator_trend", "-", "Y01B")).status_code == 200
    assert client.get(at("add_practice_change", "-", "Y01B")).status_code == 403


def test_a_trend_without_transfers_says_so(client, somewhere):
    bring_in("2.16,2018-03-31,12,,Y01B,0,0\n")

    page = sign_in(client, somewhere[0]).get(at("indicator_trend", "-", "Y01B")).text

    assert "nothing to draw" in page


def test_a_commissioner_brings_the_values_in_on_the_page(client, somewhere):
    sign_in(client, commissioner())
    address = reverse("continuity:import_indicator")
    good = SimpleUploadedFile("values.csv", (HEAD + "2.16,2018-03-31,12,,Y01B,30,100\n").encode())
    bad = SimpleUploadedFile("values.csv", (HEAD + "2.16,2018-03-31,12,,Y01B,300,100\n").encode())

    assert "300 of 100 cannot be. Nothing was changed." in client.post(address, {"file": bad}).text
    assert "1 new, 0 changed, 0 as before." in client.post(address, {"file": good}, follow=True).text


def test_the_file_that_leaves_can_be_brought_in_again(client, somewhere):
    bring_in("2.16,2018-03-31,12,ZZX91,Y01B,6,19\n7A,2018-03-31,12,,Y01B,9,30\n")

    body = sign_in(client, somewhere[0]).post(reverse("continuity:indicator_download")).content

    assert Release.objects.get(kind="indicator").rows == 2
    assert indicator.bring_in(indicator.read(body), at=NOW).unchanged == 2


def test_the_command_says_what_it_did(tmp_path, somewhere):
    file = tmp_path / "values.csv"
    file.write_text(HEAD + "2.16,2018-03-31,12,,Y01B,30,100\n")
    out = io.StringIO()

    call_command("import_indicator", str(file), "--json", stdout=out)

    assert json.loads(out.getvalue()) == {"created": 1, "changed": 0, "unchanged": 0}


def test_the_command_says_what_is_wrong(tmp_path):
    file = tmp_path / "values.csv"
    file.write_text("nonsense")
    err = io.StringIO()

    with pytest.raises(SystemExit) as exit_:
        call_command("import_indicator", str(file), stderr=err)

    assert exit_.value.code == 1 and "Nothing was changed." in err.getvalue()


def test_the_national_values_are_those_of_their_sources():
    assert {value.year: str(value.percent) for value in NATIONAL_VALUES} == {
        "2015-16": "30.3",
        "2016-17": "30",
        "2019-20": "34.5",
        "2020-21": "38.1",
        "2021-22": "37.4",
        "2022-23": "43",
        "2023-24": "53",
    }
    assert all(value.source for value in NATIONAL_VALUES)


def test_a_list_of_many_places_asks_no_more_than_one_of_few(client):
    sign_in(client, commissioner())

    def grow(number):
        codes = [make_area(f"Area {index}").dat_code for index in range(number)]
        bring_in("".join(f"2.16,{end},12,,{code},30,100\n" for code in codes for end in ("2017-03-31", "2018-03-31")))

    def asked():
        client.get(reverse("continuity:indicator"))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse("continuity:indicator")).status_code == 200
        return len(queries)

    grow(3)
    few = asked()
    grow(30)

    assert asked() == few


def test_who_sets_up_an_audit_chooses_from_the_main_pairs(client):
    world = make_audit()
    prison = make_prison(name="Stonegate").organisation
    area = make_area("Netherfen", local_authority=world.commissioner.organisation)
    make_spoc_entry(world.south, areas=[area])
    value = IndicatorValue.objects.create(
        measure="2.16",
        window_end=date(2018, 3, 31),
        window_months=12,
        prison=prison,
        area=area,
        numerator=6,
        denominator=19,
        imported_at=NOW,
    )
    address = reverse("audits:pairs", args=[world.audit.uuid])

    page = sign_in(client, world.commissioner).get(address).text
    form = client.get(address, {"choose": value.pk}).context["form"]

    assert "Choose from the main pairs in the published figures" in page and "31.6 % – 6 of 19" in page
    half_of_19 = 10  # the audit is about half a year, the window a whole one
    assert form.initial == {
        "prison": prison,
        "area": area,
        "service": world.south.organisation_id,
        "expected": half_of_19,
    }
    client.post(address, {"prison": prison.pk, "area": area.pk, "service": world.south.organisation_id, "expected": 10})
    assert "In the audit" in client.get(address).text
