"""Published headcounts: read from CSV, shown to a reviewer beside what a return says, and never in anybody's way."""

from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from accounts.tests.factories import make_organisation, make_seat, sign_in
from journal.models import Event
from journal.refused import Refused
from returns import headcounts
from returns.models import PublishedHeadcount, Submission
from returns.tests.factories import IN_THE_WINDOW, make_world, submit_and_check

pytestmark = pytest.mark.django_db
HEADER = "organisation_code,day,headcount,source\n"


def load(lines):
    return headcounts.load((HEADER + lines).encode(), by=None, at=IN_THE_WINDOW)


def figures():
    return list(PublishedHeadcount.objects.order_by("day").values_list("organisation__code", "day", "headcount"))


class TestLoading:
    def test_known_organisations_are_kept_and_unknown_ones_named(self):
        make_organisation("ZZT01")

        outcome = load("zzt01,2025-09-30,5400,Workforce statistics\nQQQ99,2025-09-30,10,Workforce statistics\n")

        assert (outcome.kept, outcome.unknown) == (1, ["QQQ99"])
        assert figures() == [("ZZT01", date(2025, 9, 30), 5400)]
        assert Event.objects.get(act="headcounts imported").detail == {"rows": 1, "unknown": 1}

    def test_loading_again_replaces_and_never_doubles(self):
        make_organisation("ZZT01")
        load("ZZT01,2025-09-30,5400,Statistics\nZZT01,2025-09-30,5400,Statistics\n")

        load("ZZT01,2025-09-30,5500,Statistics\n")

        assert figures() == [("ZZT01", date(2025, 9, 30), 5500)]

    @pytest.mark.parametrize(
        ("line", "sentence"),
        [
            ("ZZT01,30/09/2025,5400,S", "Line 3: the day is not a date"),
            ("ZZT01,2025-09-31,5400,S", "Line 3: the day is not a date"),
            ('ZZT01,2025-09-30,"5,400",S', "Line 3: the headcount is not a whole number"),
            ("ZZT01,2025-09-30,-1,S", "Line 3: the headcount is not a whole number"),
            ("ZZT01,2025-09-30,²,S", "Line 3: the headcount is not a whole number"),
            ("ZZT01,2025-09-30,99999999,S", "Line 3: the headcount is not a whole number"),
            ("ZZT01,2025-09-30,5400,", "Line 3: the source is missing"),
            ("=cmd(),2025-09-30,5400,S", "Line 3: the organisation code is not one"),
            ("ZZT01,2025-09-30,5400", "Line 3: 3 cells instead of 4"),
            ('ZZT01,2025-09-30,5400,"S', "Line 3 is not CSV"),
        ],
    )
    def test_one_wrong_line_is_named_and_nothing_is_kept(self, line, sentence):
        make_organisation("ZZT01")

        with pytest.raises(Refused, match=sentence):
            load(f"ZZT01,2025-06-30,5300,S\n{line}\n")

        assert figures() == []

    @pytest.mark.parametrize("data", [b"", b"code,day\n", b"\xff\xfe\x00", b"PK\x03\x04"])
    def test_what_is_no_such_file_is_refused(self, data):
        with pytest.raises(Refused):
            headcounts.load(data, by=None, at=IN_THE_WINDOW)

    def test_the_command_says_what_it_did(self, tmp_path, capsys):
        make_organisation("ZZT01")
        file = tmp_path / "headcounts.csv"
        file.write_text(HEADER + "ZZT01,2025-09-30,5400,S\nQQQ99,2025-09-30,1,S\n", encoding="utf-8-sig")

        call_command("import_headcounts", str(file))

        assert capsys.readouterr().out == (
            "Headcounts kept: 1. The portal does not know 1 of the organisations: QQQ99.\n"
        )

    @pytest.mark.parametrize(("content", "status"), [("code\n", 1), (None, 2)])
    def test_the_command_refuses_with_a_sentence(self, content, status, tmp_path, capsys):
        file = tmp_path / "headcounts.csv"
        if content:
            file.write_text(content)

        with pytest.raises(SystemExit) as ended:
            call_command("import_headcounts", str(file))

        assert ended.value.code == status
        assert capsys.readouterr().err.strip().endswith(".")

    def test_an_administrator_loads_a_file_or_pasted_lines(self):
        make_organisation("ZZT01")
        administrator = sign_in(Client(), make_seat("NATIONAL_ADMINISTRATOR", make_organisation(kind="OTHER")))
        address = reverse("returns:headcounts")

        administrator.post(address, {"lines": HEADER + "ZZT01,2025-06-30,5300,S"})
        file = SimpleUploadedFile("h.csv", (HEADER + "ZZT01,2025-09-30,5400,S").encode())
        page = administrator.post(address, {"file": file}, follow=True).content.decode()

        assert [row[2] for row in figures()] == [5300, 5400]
        assert "Headcounts kept: 1." in page
        wrong = administrator.post(address, {"lines": "nonsense"}).content.decode()
        assert "Nothing was loaded. The first line must be" in wrong


class TestBeside:
    @pytest.mark.parametrize(
        ("given", "off_by", "is_beyond"),
        [
            (5000, "the same", False),
            (5500, "10.0 % higher", False),
            (5501, "10.0 % higher", True),
            (4499, "10.0 % lower", True),
            (None, "", False),
        ],
    )
    def test_it_warns_beyond_the_tolerance_compared_exactly(self, given, off_by, is_beyond):
        trust = make_organisation("ZZT01")
        load("ZZT01,2025-09-30,5000,S")

        found = headcounts.beside(trust, date(2025, 9, 30), given, {})

        assert (found.off_by, found.is_beyond) == (off_by, is_beyond)

    def test_the_tolerance_is_a_dated_standard(self):
        trust = make_organisation("ZZT01")
        load("ZZT01,2025-09-30,5000,S")

        assert headcounts.beside(trust, date(2025, 9, 30), 5100, {"headcount_tolerance": "0.01"}).is_beyond

    def test_the_latest_one_up_to_the_census_day_counts(self):
        trust = make_organisation("ZZT01")
        load("ZZT01,2025-06-30,1,S\nZZT01,2025-08-31,2,S\nZZT01,2025-10-31,3,S")

        assert headcounts.beside(trust, date(2025, 9, 30), 2, {}).headcount == 2
        assert headcounts.beside(trust, date(2025, 5, 1), 2, {}) is None

    def test_the_reviewer_is_warned_and_the_return_goes_its_way(self):
        world = make_world()
        load("ZZT01,2025-09-30,6000,Workforce statistics")
        submit_and_check(world)

        page = sign_in(Client(), world.reviewer).get(reverse("returns:review", args=[world.submission.uuid]))

        words = page.content.decode()
        assert "Published: 6,000 on 30 September 2025 (Workforce statistics). The answer is 16.7 % lower" in words
        assert "Does not fit" in words
        assert world.submission.status == Submission.Status.SUBMITTED
        assert not world.submission.standing_version.findings.filter(message__contains="6,000").exists()
