"""The quarter's report: what a commissioner's board and a region read, in four forms, and what it costs."""

import csv
import io
from collections import defaultdict
from datetime import timedelta

import pytest
import python_calamine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Organisation
from accounts.tests.factories import make_commissioner, make_organisation, make_person, make_region, make_seat, sign_in
from journal.models import Event, Notice
from prevent.return_type import PREVENT
from returns import exports, opening, pdf, report
from returns.models import Export, Measure, Participant, Period, Release, Score, Submission, Version
from returns.tests.dealings import make_action, make_escalation
from returns.tests.factories import AFTER_THE_CLOSE, QUARTER, make_world, reload, submit_and_check

pytestmark = pytest.mark.django_db


class Area:
    """A region with a commissioner and its providers; `quarter` opens the next one with a return of each provider."""

    def __init__(self, providers=3):
        self.region = make_region()
        self.commissioner = make_commissioner(region=self.region)
        self.lead = make_seat("PREVENT_COMMISSIONER_LEAD", self.commissioner)
        self.regional = make_seat("PREVENT_REGIONAL_VIEWER", self.region)
        self.person = make_person()
        self.providers = [
            make_organisation(region=self.region, name=f"Provider {number}", kind=Organisation.Kind.NHS_TRUST)
            for number in range(1, providers + 1)
        ]
        self.collection = opening.national_collection(PREVENT)
        self.quarters = [QUARTER.previous().previous(), QUARTER.previous(), QUARTER]

    def open(self):
        """The next quarter, opened."""
        period = opening.quarter_of(self.collection, self.quarters.pop(0))
        opening.open_period(period, PREVENT, by=None, at=period.opens_at)
        return Period.objects.select_related("collection").get(pk=period.pk)

    def owed(self, period, provider, status="NOT_STARTED"):
        row, _ = Submission.objects.get_or_create(period=period, subject=provider, defaults={"status": status})
        for part, organisation in (("OWNER", provider), ("RECIPIENT", self.commissioner)):
            Participant.objects.get_or_create(submission=row, organisation=organisation, part=part)
        return row

    def submitted(self, period, provider, overall="GREEN", late=False, **figures):
        row = self.owed(period, provider)
        at = period.due_at + timedelta(days=1 if late else -1)
        version = Version.objects.create(
            submission=row,
            number=1,
            content_sha256="0" * 64,
            explanations_sha256="0" * 64,
            rulebook="1",
            submitted_by=self.person,
            submitted_at=at,
        )
        part = {"key": "training_l3", "title": "Level 3 training", "band": "NOT_MET"}
        Score.objects.create(version=version, method="1", overall=overall, parts=[part])
        for name, value in figures.items():
            numerator, denominator = value if isinstance(value, tuple) else (value, None)
            Measure.objects.create(
                version=version,
                measure=name,
                numerator=numerator,
                denominator=denominator,
                period=period,
                organisation=provider,
            )
        Submission.objects.filter(pk=row.pk).update(
            status="ACCEPTED", first_submitted_at=at, current_version=version, standing_version=version
        )
        return row


@pytest.fixture
def area():
    return Area()


@pytest.fixture
def quarter(area):
    """Two of three came, one of them late; the third did not; and the quarter before all had."""
    before = area.open()
    for provider in area.providers:
        area.submitted(before, provider, training_l3=(80, 100), general_enquiries=10, staff_total=1000)
    period = area.open()
    for provider in area.providers:
        area.owed(period, provider)
    first, second, _ = area.providers
    area.submitted(period, first, training_l3=(90, 100), general_enquiries=12, staff_total=1000)
    area.submitted(period, second, "RED", late=True, training_l3=(60, 100), general_enquiries=18, staff_total=2000)
    return period


def read(area, period, seat=None):
    return report.report_of(seat or area.lead, period, AFTER_THE_CLOSE)


def page_of(seat, period):
    answer = sign_in(Client(), seat).get(reverse("returns:report"), {"period": period.key})
    assert answer.status_code == 200
    return answer.content.decode()


# What it says


def test_it_says_how_complete_the_quarter_is_and_who_is_missing(area, quarter):
    found = read(area, quarter)

    assert found.counts == {
        "owed": 3,
        "submitted": 2,
        "missing": 1,
        "in_time": 1,
        "late": 2,  # one came late, one is missing after the due moment
        "accepted": 2,
        "not_required": 0,
        "is_due": True,
    }
    assert [item.name for item in found.missing] == ["Provider 3"]


def test_it_counts_ratings_and_lists_providers_by_name_and_not_by_merit(area, quarter):
    found = read(area, quarter)

    assert found.ratings == [
        ("Green", "GREEN", 1),
        ("Amber", "AMBER", 0),
        ("Red", "RED", 1),
        ("No score yet", "", 1),
    ]
    assert [(item.name, item.overall, item.is_late, item.bands) for item in found.providers] == [
        ("Provider 1", "GREEN", False, ("Not met",)),
        ("Provider 2", "RED", True, ("Not met",)),
        ("Provider 3", "", False, ("",)),
    ]


def test_figures_are_of_all_providers_together_beside_region_and_country(area, quarter):
    elsewhere = make_organisation(kind=Organisation.Kind.NHS_TRUST)
    for _ in range(2):
        area.submitted(quarter, make_organisation(kind=Organisation.Kind.NHS_TRUST), training_l3=(0, 100))
    Participant.objects.filter(organisation=area.commissioner).exclude(submission__subject__in=area.providers).delete()
    assert elsewhere
    last = area.open()
    for provider in area.providers:
        area.submitted(last, provider, training_l3=(95, 100))

    (share,) = read(area, last).shares

    assert (share.said, share.counts, share.now.organisations) == ("95.0 %", "285 of 300", 3)
    assert share.region is None  # two of three came in the quarter before: too few
    assert str(share.nation) == "37.5 % (of 4)"
    assert [figure.said for figure in share.series.figures] == ["80.0 %", "75.0 %", "95.0 %"]


def test_activity_stands_beside_the_quarter_before(area, quarter):
    said = {item.spec.key: (item.said, item.before) for item in read(area, quarter).activity}

    assert said["general_enquiries"] == ("30", "30")
    assert said["enquiry_rate"] == ("10.0", "10.0")
    assert said["prevent_referrals"] == ("", "")


def test_a_region_reads_its_own_area_together_and_nobody_by_name(area, quarter):
    outside = make_organisation(name="Provider of another region", kind=Organisation.Kind.NHS_TRUST)
    area.submitted(quarter, outside, training_l3=(0, 100))
    area.submitted(quarter, area.providers[2], training_l3=(90, 100))

    page = page_of(area.regional, quarter)

    assert "80.0 %" in page and "240 of 300" in page
    assert "Provider 1" not in page and "another region" not in page


def test_a_region_is_shown_no_figure_of_fewer_than_three_providers(area, quarter):
    assert read(area, quarter, area.regional).shares == []
    assert "A figure of fewer than three providers is not shown." not in page_of(area.regional, quarter)


def test_a_commissioner_reads_of_its_own_providers_alone(area, quarter):
    other = make_seat("PREVENT_COMMISSIONER_LEAD", make_commissioner())

    page = page_of(other, quarter)

    assert "0 of 0 returns came" in page
    assert "Provider 1" not in page


def test_what_is_being_done_stands_at_the_end():
    world = make_world()
    submit_and_check(world)
    make_escalation(world, at=AFTER_THE_CLOSE)
    make_action(world, at=AFTER_THE_CLOSE, due_in=20)
    make_action(world, at=AFTER_THE_CLOSE, due_in=60, title="Write a plan")
    later = AFTER_THE_CLOSE + timedelta(days=21)

    found = report.report_of(world.reviewer, reload(world.submission).period, later).follow_up

    assert found.numbers == {"actions": 2, "overdue": 1, "due_soon": 0, "INADEQUATE_PERFORMANCE": 1}
    assert [(name, what, is_overdue) for name, what, _, _, is_overdue in found.actions] == [
        (world.trust.name, "Book a course", True)
    ]
    assert [what for _, what, *_ in found.escalations] == ["Inadequate performance: Level 3 training stays low."]
    assert "Book a course" in page_of(world.reviewer, world.period)


# The forms it leaves in


def downloaded(seat, period, form):
    return sign_in(Client(), seat).post(reverse("returns:report_download", args=[form]), {"period": period.key})


def test_tables_leave_as_a_workbook_and_as_csv_and_are_written_down(area, quarter):
    workbook, table = (downloaded(area.lead, quarter, form) for form in ("xlsx", "csv"))

    with python_calamine.load_workbook(io.BytesIO(workbook.content)) as book:
        providers = book.get_sheet_by_name("Providers").to_python()
    cells = defaultdict(dict)
    for row in csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))):
        cells[row["table"], row["row"]][row["column"]] = row["value"]
    assert [row[1] for row in providers] == ["organisation_name", "Provider 1", "Provider 2", "Provider 3"]
    assert cells["Figures", "1"]["percent"] == "75.0" and cells["Figures", "1"]["organisations"] == "2"
    assert "Provider 2" in cells["Providers", "2"].values()
    releases = Release.objects.filter(kind="quarter report")
    assert {(item.policy, item.rows, item.inputs.count()) for item in releases} == {("party to the returns", 3, 2)}


def test_the_same_figures_give_the_same_bytes(area, quarter):
    found = read(area, quarter)

    assert report.as_workbook(found) == report.as_workbook(read(area, quarter))
    assert report.as_csv(found) == report.as_csv(read(area, quarter))
    assert report.as_page(found) == report.as_page(read(area, quarter))


def test_a_worker_makes_the_pdf_and_says_when_it_is_ready(area, quarter):
    asked = downloaded(area.lead, quarter, "pdf")
    again = downloaded(area.lead, quarter, "pdf")

    export = Export.objects.get()
    assert asked.url == again.url == reverse("returns:report_file", args=[export.uuid])
    assert exports.write_waiting(at=AFTER_THE_CLOSE) == 1
    file = sign_in(Client(), area.lead).get(reverse("returns:report_file_download", args=[export.uuid]))
    data = b"".join(file.streaming_content)
    assert data.startswith(b"%PDF-")
    assert data == pdf.pdf_of(report.as_page(read(area, quarter)))
    assert Notice.objects.get(person_id=area.lead.person_id).subject == f"The report of {quarter.title} is ready"
    assert Event.objects.filter(act="report downloaded").count() == 1


def test_a_report_is_for_who_asked_for_it(area, quarter):
    downloaded(area.lead, quarter, "pdf")
    colleague = make_seat("PREVENT_REVIEWER", area.commissioner)

    answer = sign_in(Client(), colleague).get(reverse("returns:report_file", args=[Export.objects.get().uuid]))

    assert answer.status_code == 404


def test_where_pango_is_missing_the_page_says_how_to_print(area, quarter, monkeypatch):
    def missing(html):
        raise pdf.NoPdf(pdf.NO_PANGO)

    monkeypatch.setattr(exports, "pdf_of", missing)
    answer = downloaded(area.lead, quarter, "pdf")
    exports.write_waiting(at=AFTER_THE_CLOSE)

    page = sign_in(Client(), area.lead).get(answer.url).content.decode()
    assert "the system library Pango is missing" in page and "Open the report and print it" in page


def test_a_missing_library_is_said_in_a_sentence(monkeypatch):
    import builtins

    real = builtins.__import__

    def without_pango(name, *args, **kwargs):
        if name == "weasyprint":
            raise OSError("cannot load library 'libpango-1.0-0'")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_pango)

    with pytest.raises(pdf.NoPdf, match="print it from your browser"):
        pdf.pdf_of("<p>Hello</p>")


def test_an_unknown_form_is_not_found(area, quarter):
    assert downloaded(area.lead, quarter, "docx").status_code == 404


# What it costs


@pytest.mark.parametrize("role", ["lead", "regional"])
def test_it_asks_the_same_number_of_queries_whatever_is_stored(role):
    counts = []
    for providers in (3, 12):
        area = Area(providers)
        for _ in range(2):
            period = area.open()
            for provider in area.providers:
                area.submitted(period, provider, training_l3=(80, 100), l3_share=(200, 1000))
        with CaptureQueriesContext(connection) as queries:
            report.report_of(getattr(area, role), period, AFTER_THE_CLOSE)
        counts.append(len(queries))
        Submission.objects.update(standing_version=None)

    assert counts[0] == counts[1] <= 15
