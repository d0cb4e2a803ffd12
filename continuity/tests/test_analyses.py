"""Working an audit's figures out, who sees which of them, sharing, findings and the action plan."""

import io
import re
from datetime import date, timedelta

import pytest
import python_calamine
from django.template.loader import render_to_string
from django.urls import reverse
from pypdf import PdfReader

from accounts.models import Organisation
from accounts.tests.factories import make_organisation, make_seat, sign_in
from continuity import analyses, audits, findings_report, permissions, sheets, working_rows
from continuity.figures import figures_of
from continuity.frozen_rows import analysis_of
from continuity.measures import Analysis
from continuity.models import Area, AuditAction, AuditFigures, Identity, IndicatorValue, Pair, Party, Referral
from continuity.same_person import people_of
from continuity.stages import stages_of
from continuity.tests.audit_factories import (
    AT,
    EXPIRES_ON,
    accept_everything,
    agree,
    client,
    complete,
    make_audit,
    shared,
    upload,
)
from continuity.tests.factories import make_area, make_spoc
from journal.models import Event, Notice
from journal.refused import Refused
from returns import checks, exports
from returns.models import Release
from returns.queue import ATTEMPTS
from tests.analysis_place import make_figures

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_the_system")]
DUE_ON = AT.date() + timedelta(days=60)


RECEIVED = dict.fromkeys(("C01", "C04", "C05", "C10", "C11", "C12", "C13", "C14", "C15"), "YES") | {
    "C02": "2025-09-01",
    "C03": "FAX",
    "C07": "NO",
    "C20": "NO",
}


def sent_in(north=2, south=2):
    """An audit whose sheets are submitted and checked."""
    return send_in(shared(north, south))


def send_in(world):
    for sheet, seat in ((world.sheet_north, world.north), (world.sheet_south, world.south)):
        complete(sheet, seat, **RECEIVED)
        sheets.submit(sheet, by=seat, at=AT)
    checks.check_waiting(limit=10, at=AT)
    world.reload()
    return world


def counted(world):
    figures = analyses.ask(world.audit, by=world.commissioner, at=AT)
    analyses.count_waiting(at=AT)
    figures.refresh_from_db()
    return figures


def test_nothing_can_be_counted_before_a_sheet_is_sent_in():
    world = shared()

    with pytest.raises(Refused, match="No sheet has been submitted"):
        counted(world)


def test_figures_that_cannot_be_counted_keep_no_other_audit_waiting_and_can_be_tried_again(client, monkeypatch):
    world = send_in(shared())
    figures = analyses.ask(world.audit, by=world.commissioner, at=AT)
    with monkeypatch.context() as broken:
        broken.setattr(analyses, "content_of", lambda *args: 1 / 0)
        for minute in range(ATTEMPTS):
            analyses.count_waiting(at=AT + timedelta(minutes=minute))

    figures.refresh_from_db()
    assert figures.state == AuditFigures.State.STUCK
    stuck = page(client, world.commissioner, world, "findings")
    assert "could not be worked out" in stuck and "ZeroDivisionError" in stuck
    assert Notice.objects.filter(
        person_id=world.commissioner.person_id, subject__endswith="could not be worked out"
    ).exists()
    assert counted(world) == figures
    figures.refresh_from_db()
    assert (figures.state, figures.error, figures.sheets) == (AuditFigures.State.COUNTED, "", 2)


def test_the_figures_are_of_each_pair_and_of_all_together():
    world = sent_in(north=3, south=2)

    figures = counted(world)

    assert (figures.sheets, figures.referrals) == (2, 5)
    assert set(figures.content) == {"all", str(world.pair_north.pk), str(world.pair_south.pk)}
    assert figures.content["all"]["measures"]["M01"] == [5, 5, 0]
    assert figures.content[str(world.pair_north.pk)]["measures"]["M06"] == [3, 3, 0]
    assert Event.objects.filter(act="audit figures asked for").count() == 1


def test_what_is_kept_of_rows_counts_as_the_rows_did():
    """The analysis of a version, without anybody's name, is that of the rows while the people were known."""
    world = shared(north=3)
    complete(world.sheet_north, world.north, C01="YES", C05="YES", C20="NO", C30="NO")
    filled = working_rows.read(world.sheet_north.submission)
    live = Analysis(filled.checked)
    kept = working_rows.from_payload(working_rows.to_payload(filled), None)

    frozen = analysis_of([kept], people_of(world.audit))

    assert figures_of(frozen) == figures_of(live)


AGAIN = {"P06": "2025-10-01", "P11": "2025-11-20", "P16": "2025-11-20"}  # a second stay, and its release


def referred_twice(**first):
    """An audit in which one person was released to the north, and later again to the south; both sheets are sent in."""
    world = agree(accept_everything(make_audit()))
    person = client(world.pair_north.area, **first)
    south = {"P13": world.pair_south.area.dat_code}
    upload(world, [person, person | AGAIN | south, client(world.pair_north.area), client(world.pair_south.area)])
    world.sheet_north, world.sheet_south = (
        sheets.release(pair, expires_on=EXPIRES_ON, by=world.prison, at=AT)
        for pair in (world.pair_north, world.pair_south)
    )
    return send_in(world)


def repeats_and_people(figures):
    """{key of the view: (repeat referrals, different people)}"""
    return {key: (kept["measures"]["M40"][0], kept["clients"]) for key, kept in figures.content.items()}


def test_a_person_referred_to_two_areas_is_one_of_the_audit_and_one_of_each_pair():
    world = referred_twice()

    north, south = str(world.pair_north.pk), str(world.pair_south.pk)
    assert repeats_and_people(counted(world)) == {north: (0, 2), south: (0, 2), "all": (1, 3)}


def test_without_a_number_the_same_attributors_are_the_same_person():
    world = referred_twice(P01="Quentin", P05=None)

    assert repeats_and_people(counted(world))["all"] == (1, 3)


def test_two_people_with_the_same_attributors_and_two_numbers_are_two():
    world = shared(north=1, south=1)  # invented people differ in their numbers alone
    send_in(world)

    assert repeats_and_people(counted(world))["all"] == (0, 2)


def test_an_area_counts_the_repeats_of_its_own():
    world = referred_twice()

    by_area = counted(world).content["all"]["breakdowns"]["la"]

    assert {name: shares["M40"][0] for name, shares in by_area.items()} == {"Larkmoor North": 0, "Larkmoor South": 0}


def test_people_are_still_the_same_when_nobodys_name_is_there_any_more():
    world = referred_twice()
    before = repeats_and_people(counted(world))
    audits.close(world.audit, by=world.commissioner, at=AT)
    sheets.purge_due(at=AT + timedelta(days=audits.PURGE_AFTER))

    assert Identity.objects.count() == 0 and not world.reload().people_salt
    figures = AuditFigures.objects.get()
    analyses.count(figures, analyses.sheets_in(world.audit), at=AT)
    assert repeats_and_people(figures) == before


def test_two_audits_know_one_person_by_different_digests():
    person = {"P01": "Quentin", "P02": "Quill", "P05": "A9999XY"}
    rows = []
    for _ in range(2):
        world = agree(accept_everything(make_audit()))
        upload(world, [client(world.pair_north.area, **person)])
        rows.append(Referral.objects.get(audit=world.audit))

    first, second = rows
    assert first.number_digest and first.attributors_digest
    assert first.number_digest != second.number_digest and first.attributors_digest != second.attributors_digest


def test_a_worker_counts_and_tells_who_asked(client):
    world = sent_in()
    before = page(client, world.commissioner, world, "findings")

    asked = client.post(reverse("audits:count_figures", args=[world.audit.uuid]), follow=True)

    assert "No figures have been worked out yet" in before
    assert "The figures are being worked out" in asked.text and "No figures" not in asked.text
    with pytest.raises(Refused, match="being worked out"):
        counted(world)
    assert analyses.count_waiting(at=AT) == 1 and analyses.count_waiting(at=AT) == 0
    assert AuditFigures.objects.get().content["all"]["measures"]["M01"] == [4, 4, 0]
    told = Notice.objects.filter(subject__contains="are worked out")
    assert [notice.person_id for notice in told] == [world.commissioner.person_id]
    assert "The figures are being worked out" not in page(client, world.commissioner, world, "findings")


def test_the_figures_are_shared_once_and_every_party_is_told():
    world = sent_in()
    figures = counted(world)
    assert analyses.newest(world.audit, shared_only=True) is None
    before = Notice.objects.count()

    analyses.share(figures, by=world.commissioner, at=AT)

    assert analyses.newest(world.audit, shared_only=True) == figures
    assert Notice.objects.count() - before >= 3
    with pytest.raises(Refused, match="shared already"):
        analyses.share(figures, by=world.commissioner, at=AT)


def test_newer_figures_are_not_said_to_be_the_first(client):
    world = sent_in()
    analyses.share(counted(world), by=world.commissioner, at=AT)
    counted(world)
    address = reverse("audits:findings", args=[world.audit.uuid])

    assert "the parties see those shared on" in sign_in(client, world.commissioner).get(address).content.decode()
    assert "Not shared yet" not in sign_in(client, world.prison).get(address).content.decode()


def test_parties_see_their_own_pairs_as_they_are_and_others_protected():
    world = sent_in()
    figures = counted(world)
    figures.audit = audits.lock(world.audit)
    exact = lambda seat: {view.title: view.is_exact for view in analyses.views_of(figures, seat)}  # noqa: E731
    north, south = "Prison health to Larkmoor North", "Prison health to Larkmoor South"

    assert exact(world.prison) == {"All together": True, north: True, south: True}
    assert exact(world.commissioner) == {"All together": True, north: True, south: True}
    assert exact(world.north) == {north: True, south: False}
    lead = make_seat("CONTINUITY_ANALYSIS_LEAD", world.commissioner.organisation)
    assert exact(lead) == {"All together": False, north: False, south: False}


def test_who_has_some_of_the_pairs_never_gets_a_sum_from_which_its_own_could_be_taken():
    world = sent_in(north=3, south=2)
    figures = counted(world)
    figures.audit = audits.lock(world.audit)
    service = make_spoc(name="Eastside").organisation
    third = Pair.objects.create(
        audit=world.audit, prison=world.prison.organisation, area=make_area("Farmoor"), service=service, expected=9
    )
    kept = figures.content[str(world.pair_north.pk)]
    pairs = {str(pair.pk): pair for pair in (world.pair_north, world.pair_south, third)}
    north, authority = world.north.organisation_id, world.commissioner.organisation_id

    parts = analyses._parts(pairs, pairs)
    assert parts[north] == {str(world.pair_north.pk)}
    assert parts[authority] == {str(world.pair_north.pk), str(world.pair_south.pk)}
    assert world.prison.organisation_id not in parts

    figures.content = dict.fromkeys(
        ("all", *pairs, analyses.OTHERS.format(north), analyses.OWN.format(authority)), kept
    )
    seen = lambda seat: {view.title: view.is_exact for view in analyses.views_of(figures, seat)}  # noqa: E731
    assert seen(world.north) == {
        "Prison health to Larkmoor North": True,
        "All others together": False,
        "Prison health to Farmoor": False,
        "Prison health to Larkmoor South": False,
    }
    assert seen(world.commissioner) == {
        "All of yours together": True,
        "Prison health to Larkmoor North": True,
        "Prison health to Larkmoor South": True,
        "Prison health to Farmoor": False,
    }
    lead = make_seat("CONTINUITY_ANALYSIS_LEAD", world.commissioner.organisation)
    assert "All together" not in seen(lead)  # of the same organisation as somebody who sees its own figures
    assert seen(make_seat("CONTINUITY_ANALYSIS_LEAD"))["All together"] is False


def test_the_indicator_of_a_place_has_the_shared_findings_of_its_audits_beside_it_with_their_actions():
    world = sent_in(north=3, south=2)
    figures = counted(world)
    prison, area = world.prison.organisation, world.pair_north.area
    assert analyses.beside_indicator(world.north, prison, area) == ([], [])
    analyses.share(figures, by=world.commissioner, at=AT)
    plan = {"recommendation": 3, "what": "Weekly in-reach", "owner": prison, "due_on": DUE_ON}
    action = analyses.plan_action(world.audit, **plan, by=world.commissioner, at=AT)

    found, actions = analyses.beside_indicator(world.north, prison, area)
    assert [(title, shown.measure("M20").said) for _, title, shown in found] == [
        ("Prison health to Larkmoor North", "0.0\xa0% – 0 of 3")
    ]
    assert actions == [action]
    of_prison, _ = analyses.beside_indicator(world.prison, prison, None)
    assert [title for _, title, _ in of_prison] == [
        "Prison health to Larkmoor North",
        "Prison health to Larkmoor South",
    ]
    assert analyses.beside_indicator(make_seat("CONTINUITY_SPOC"), prison, area) == ([], [])


def test_a_facilitator_of_the_commissioning_organisation_sees_protected_figures():
    world = sent_in()
    national = make_organisation(kind=Organisation.Kind.OTHER, name="National team", holds_contract=False)
    for part in (Party.Part.SECURE_COMMISSIONER, Party.Part.FACILITATOR):
        Party.objects.create(audit=world.audit, organisation=national, part=part, invited_at=AT)
    secure, helper = (make_seat(f"CONTINUITY_{role}", national) for role in ("SECURE_COMMISSIONER", "FACILITATOR"))
    assert not permissions.sees_exact_figures(secure, audits.lock(world.audit), world.pair_north)  # has not accepted

    accepted = {"accepted_revision": world.audit.revision, "accepted_by": secure.person, "accepted_at": AT}
    world.parties.filter(organisation=national, part=Party.Part.SECURE_COMMISSIONER).update(**accepted)

    audit = audits.lock(world.audit)
    assert permissions.sees_exact_figures(secure, audit, world.pair_north)
    assert not permissions.sees_exact_figures(helper, audit, world.pair_north)
    assert not permissions.can_plan_actions(helper, audit)


def test_the_first_page_counts_nothing_that_the_figures_hide():
    world = sent_in()
    other = make_seat("CONTINUITY_LA_COMMISSIONER", make_organisation(kind=Organisation.Kind.LOCAL_AUTHORITY))
    Area.objects.filter(pk=world.pair_south.area_id).update(local_authority=other.organisation)
    accepted = {"accepted_revision": world.audit.revision, "accepted_by": other.person, "accepted_at": AT}
    part = Party.Part.LA_COMMISSIONER
    Party.objects.create(audit=world.audit, organisation=other.organisation, part=part, invited_at=AT, **accepted)

    def lines(seat):
        stages = stages_of(audits.lock(world.audit), seat)
        return {task.title: f"{task.words}. {task.hint}" for stage in stages for task in stage.tasks}

    extract = "Extract of Prison health"
    assert "4 on the audit list" in lines(world.prison)[extract]
    assert "audit list" not in lines(other)[extract]
    assert "rows" in lines(other)["Prison health to Larkmoor South: Southside"]
    assert lines(other)["Prison health to Larkmoor North"].startswith("Shared.")


def test_findings_and_actions_are_written_down():
    world = sent_in()
    figures = counted(world)
    written = {
        "kind": "GAP",
        "text": "Referrals come by fax.",
        "measure": "M06",
        "where": "Everywhere",
        "recommendation": 7,
    }
    finding = analyses.write_finding(world.audit, **written, by=world.commissioner, at=AT)
    plan = {"recommendation": 7, "what": "Use CJSM.", "owner": world.prison.organisation, "due_on": DUE_ON}
    action = analyses.plan_action(world.audit, **plan, by=world.commissioner, at=AT)

    figures.audit = audits.lock(world.audit)
    report = findings_report.report_of(figures, world.prison)

    assert report.written_gaps == [finding] and report.plan == [action]
    assert [item.measure.id for item in report.gaps if item.measure.id == "M06"] == ["M06", "M06"]
    assert findings_report.as_workbook(report) == findings_report.as_workbook(report)
    analyses.remove_finding(finding, by=world.commissioner, at=AT)
    assert findings_report.report_of(figures, world.prison).written == []


def test_an_action_belongs_to_a_party_and_lies_ahead():
    world = make_audit()
    plan = {"recommendation": 7, "what": "Use CJSM.", "owner": world.prison.organisation, "due_on": DUE_ON}

    with pytest.raises(Refused, match="one of the parties"):
        analyses.plan_action(world.audit, **plan | {"owner": make_organisation()}, by=world.commissioner, at=AT)
    with pytest.raises(Refused, match="a day that lies ahead"):
        late = plan | {"due_on": AT.date() - timedelta(days=1)}
        analyses.plan_action(world.audit, **late, by=world.commissioner, at=AT)


def test_an_action_is_done_when_it_says_what_was_done():
    world = make_audit()
    plan = {"recommendation": 7, "what": "Use CJSM.", "owner": world.prison.organisation, "due_on": DUE_ON}
    action = analyses.plan_action(world.audit, **plan, by=world.commissioner, at=AT)

    with pytest.raises(Refused, match="Say what was done"):
        analyses.report_progress(action, status="DONE", progress=" ", by=world.prison, at=AT)
    done = analyses.report_progress(action, status="DONE", progress="In use.", by=world.prison, at=AT)

    assert done.status == AuditAction.Status.DONE
    assert permissions.can_report_action(world.prison, action) and not permissions.can_report_action(
        world.north, action
    )


# The pages


def with_figures(people):
    """An audit with shared figures of so many people, and the seat of a facilitator who may not see them as they are."""
    world = accept_everything(make_audit())
    national = make_organisation(kind=Organisation.Kind.OTHER, name="National team", holds_contract=False)
    Party.objects.create(audit=world.audit, organisation=national, part=Party.Part.FACILITATOR, invited_at=AT)
    make_figures(world.audit, world.pair_north, world.commissioner, AT, people=people)
    return world, make_seat("CONTINUITY_FACILITATOR", national)


def page(client, seat, world, name, **asked):
    sign_in(client, seat)
    return client.get(reverse(f"audits:{name}", args=[world.audit.uuid]), asked).content.decode()


def test_the_page_of_a_helper_holds_no_raw_count(client):
    world, helper = with_figures(people=61)

    for view in ("all", str(world.pair_north.pk)):
        shown = page(client, helper, world, "findings", view=view)
        assert "counts under ten are hidden" in shown
        assert ">60<" in shown and not re.search(r">[^<]*\b61\b", shown)


def test_the_page_compares_one_measure_by_the_groups_asked_for(client):
    world, helper = with_figures(people=61)
    asked = lambda seat, measure: page(client, seat, world, "findings", by="sex", measure=measure)  # noqa: E731

    assert "With it" in asked(world.prison, "M23") and "Median of days" in asked(world.prison, "M29")
    assert "M22 Gap between the two views, in points, by sex" in asked(world.prison, "M22")
    for measure in ("M20", "M22", "M23", "M29"):
        assert not re.search(r">[^<]*\b61\b", asked(helper, measure))
    assert "do not add up exactly" in asked(helper, "M20")


def test_a_pair_too_is_compared_by_groups_for_those_who_may_not_see_it_as_it_is(client):
    world, helper = with_figures(people=61)
    asked = {"view": str(world.pair_north.pk), "by": "la", "measure": "M01"}

    shown = page(client, helper, world, "findings", **asked)

    assert "of 60</td>" in shown.partition("M01 Referrals received, by area")[2].partition('id="groups"')[2]
    assert not re.search(r">[^<]*\b61\b", shown)


def test_of_very_many_pairs_groups_are_shown_for_all_together_only(client, monkeypatch):
    monkeypatch.setattr("continuity.linked_counts.MOST_PARTS", 0)
    world, helper = with_figures(people=61)

    alone = page(client, helper, world, "findings", view=str(world.pair_north.pk))

    assert "Of so many prisons and areas, groups are shown for all together only" in alone


def test_the_page_of_a_party_shows_the_figures_as_they_are(client):
    world, _ = with_figures(people=61)

    shown = page(client, world.prison, world, "findings")

    assert "You are a party to the sharing agreement" in shown
    assert ">61<" in shown


def test_before_sharing_only_who_analyses_sees_the_figures(client):
    world, helper = with_figures(people=61)
    AuditFigures.objects.update(shared_at=None, shared_by=None)

    assert "The findings are not shared yet" in page(client, helper, world, "findings")
    assert "There are no findings to read yet" in page(client, helper, world, "findings_report")
    assert ">61<" in page(client, world.commissioner, world, "findings")


def test_the_workbook_of_a_helper_holds_no_raw_count(client):
    world, helper = with_figures(people=61)
    sign_in(client, helper)

    answer = client.post(reverse("audits:findings_download", args=[world.audit.uuid]))

    with python_calamine.load_workbook(io.BytesIO(answer.content)) as workbook:
        cells = {
            cell
            for title in workbook.sheet_names
            for row in workbook.get_sheet_by_name(title).to_python()
            for cell in row
        }
    assert 60 in cells and 61 not in cells
    assert "TEN-R5-ZERO version 1" in cells
    assert Release.objects.get().kind == "continuity findings"


def test_the_report_goes_pair_by_pair_and_its_workbook_says_what_is_hidden_and_what_is_exact():
    world = sent_in(north=3, south=2)
    figures = counted(world)
    figures.audit = audits.lock(world.audit)
    report = findings_report.report_of(figures, world.north)

    html = render_to_string("continuity/findings_on_paper.html", {"report": report, "audit": world.audit})
    assert html.count("Where people are lost") == 2 and "Prison health to Larkmoor South" in html
    with python_calamine.load_workbook(io.BytesIO(findings_report.as_workbook(report))) as workbook:
        sheet = {title: workbook.get_sheet_by_name(title).to_python() for title in workbook.sheet_names}
    assert ["As they are", "Prison health to Larkmoor North"] in sheet["About"]
    assert ["Protected by TEN-R5-ZERO version 1", "Prison health to Larkmoor South"] in sheet["About"]
    received = {row[0]: row[4:6] for row in sheet["Measures"] if row[1] == "M01"}
    assert received == {
        "Prison health to Larkmoor North": [3, 3],
        "Prison health to Larkmoor South": ["Hidden", "Hidden"],
    }
    assert {"Contact before release", "Appointment made"} < {row[3] for row in sheet["Impact"]}
    assert {"In custody", "M22 Gap between the two views"} < {row[3] for row in sheet["Days and points"]}
    assert ["Area", "Larkmoor North"] in [row[1:3] for row in sheet["Breakdowns"]]  # by its name, not its code


def test_the_report_is_set_as_a_pdf_by_a_worker_for_its_own_reader(client):
    world = sent_in()
    figures = counted(world)
    analyses.share(figures, by=world.commissioner, at=AT)
    reader = sign_in(client, world.north)

    asked = reader.post(reverse("audits:ask_findings_pdf", args=[world.audit.uuid]))
    waiting = reader.get(asked.url)
    exports.write_waiting(at=AT)
    ready = reader.get(asked.url)
    file = reader.post(f"{asked.url}download/")

    assert "Waiting for a worker" in waiting.text and "Download the PDF" in ready.text
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(file.getvalue())).pages)
    assert "Findings report" in text and "Larkmoor audit" in text and world.north.organisation.name in text
    policy = Release.objects.get(kind="continuity findings").policy
    assert policy == "TEN-R5-ZERO version 1; 1 of 2 views exact"
    assert sign_in(client, world.south).get(asked.url).status_code == 404


def first_page(client, seat, audit):
    page = sign_in(client, seat).get(reverse("audits:audit", args=[audit.uuid])).content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_who_is_engaged_but_lost_to_the_data_stands_on_the_first_page(client):
    world = shared()
    for sheet, seat in ((world.sheet_north, world.north), (world.sheet_south, world.south)):
        complete(sheet, seat, **RECEIVED | {"C30": "STRUCTURED", "C31": None})
        sheets.submit(sheet, by=seat, at=AT)
    checks.check_waiting(limit=10, at=AT)
    figures = counted(world)
    assert "lost to the data" not in first_page(client, world.prison, world.audit)

    analyses.share(figures, by=world.commissioner, at=AT)

    assert "lost to the data: 100.0 % – 4 of 4 (All together)" in first_page(client, world.prison, world.audit)
    assert f"100.0 % – 2 of 2 ({world.prison.organisation.name} to Larkmoor North)" in first_page(
        client, world.north, world.audit
    )
    helper = make_seat("CONTINUITY_FACILITATOR", Organisation.objects.get(pk=world.commissioner.organisation_id))
    assert "lost to the data:" not in first_page(client, helper, world.audit)


def test_the_first_page_follows_the_action_plan_and_the_published_indicator(client):
    world = sent_in()
    plan = {"what": "Use secure email.", "owner": world.prison.organisation, "recommendation": 7}
    action = analyses.plan_action(world.audit, **plan, due_on=DUE_ON, by=world.commissioner, at=AT)
    said = first_page(client, world.prison, world.audit)
    assert "1 planned, 0 done" in said and "No values yet" in said

    AuditAction.objects.filter(pk=action.pk).update(due_on=AT.date() - timedelta(days=1))
    published = {"measure": "2.16", "window_months": 12, "numerator": 30, "denominator": 100, "imported_at": AT}
    for end in (date(2025, 6, 30), date(2025, 9, 30)):
        IndicatorValue.objects.create(**published, area=world.pair_north.area, window_end=end)
    IndicatorValue.objects.create(
        **published, area=world.pair_south.area, prison=world.prison.organisation, window_end=date(2025, 9, 30)
    )

    said = first_page(client, world.prison, world.audit)
    assert "1 overdue" in said
    assert "Published indicator, Larkmoor North To 30 September 2025" in said
    assert f"Published indicator, {world.prison.organisation.name} to Larkmoor South" in said
