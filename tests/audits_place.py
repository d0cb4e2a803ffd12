"""One audit in the middle of its stages, in the world that the access table is about."""

from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone

from continuity import audits, extracts, findings_list, row_queries, sheet_uploads, sheets
from continuity.models import Audit
from continuity.tests.audit_factories import PDF, client, csv_of, workbook_of
from continuity.tests.factories import for_the_system, make_area
from tests.analysis_place import analysis_arguments

SHEET_ROUTES = (
    *("sheet", "recall", "open_again", "assign", "submit"),
    *("by_workbook", "download_workbook", "row_findings", "ask_row_findings"),
)
WORKBOOK_ROUTES = (
    *("sheet_upload", "take_over_workbook", "leave_workbook", "annotated_workbook"),
    *("upload_findings", "ask_upload_findings", "retry_workbook"),
)


def audit_arguments(seats):
    """What the addresses of the audits' routes need: everybody has accepted, one sheet is shared, some rows are
    left out, and one is held back, because the newest extract lacks it.
    """
    with for_the_system():
        audit = _agreed(seats)
        pair = audit.pairs.select_related("prison", "area", "service", "audit").first()
        ours = [client(pair.area), client(pair.area), client(pair.area, P24="No")]
        _read(audit, seats["prison"], [*ours, client(pair.area)])
        extract = _read(audit, seats["prison"], [*ours, client("Z99B")])
        now = timezone.now()
        expires_on = timezone.localdate(now) + timedelta(days=60)
        sheet = sheets.release(pair, expires_on=expires_on, by=seats["prison"], at=now)
        workbook = _workbook(sheet, seats["SPOC"])
        unnamed = _read(audit, seats["prison"], [client(pair.area)], headings={"P05": "Ref no."})
        row = sheet.referrals.order_by("position").first()
        file = findings_list.ask(findings_list.About(sheet), by=seats["SPOC"], at=now)
        query = row_queries.ask(sheet, row, column="P03", text="Is the year right?", by=seats["SPOC"], at=now)
    one, of_row = {"uuid": audit.uuid}, {"uuid": sheet.submission.uuid, "row_id": row.uuid}
    arguments = {
        "audits": [one],
        "audits:audits": [{}],
        "audits:set_up": [{}],
        "audits:remove_pair": [one | {"number": pair.pk}],
        "audits:release": [one | {"number": pair.pk}],
        "audits:agreement_file": [one | {"number": audits.agreement_of(audit).pk}],
        "audits:topic": [one | {"number": 1}],
        "audits:extract": [{"uuid": extract.uuid}],
        **{f"audits:{name}": [{"uuid": unnamed.uuid}] for name in ("extract_columns", "take_away", "retry_extract")},
        **{f"audits:{name}": [of_row] for name in ("row", "filled_checklist", "ask_query")},
        "audits:blank_checklist": [{}],
        "audits:grid": [{"uuid": sheet.submission.uuid, "slug": "recording"}],
        **{f"audits:{name}": [of_row | {"number": query.pk}] for name in ("reply_query", "close_query")},
        **{f"audits:{name}": [{"uuid": sheet.submission.uuid}] for name in SHEET_ROUTES},
        **{f"audits:{name}": [{"uuid": file.uuid}] for name in ("row_findings_file", "row_findings_download")},
        **{f"audits:{name}": [{"uuid": workbook.uuid}] for name in WORKBOOK_ROUTES},
    }
    prison = audit.parties.get(organisation=seats["prison"].organisation)
    arguments |= analysis_arguments(audit, pair, seats)
    return arguments | {f"audits:{name}": [one | {"number": prison.pk}] for name in ("accept", "decline")}


def _workbook(sheet, service):
    """A workbook of the sheet in which one answer is blank now, one is not asked for, and two were saved in the portal too."""
    row, signed = sheet.referrals.order_by("position").first(), {"C49": "Recovery worker"}
    _answer(sheet, row, signed, service)
    file = workbook_of(sheet, _type)
    _answer(sheet, row, signed | {"C38": "YES", "C17": ["VISIT"]}, service)
    upload = sheet_uploads.upload(sheet, file, by=service, at=timezone.now())
    sheet_uploads.read_waiting(at=timezone.now())
    with transaction.atomic():  # row-level security shows nothing outside of one
        upload.refresh_from_db()
    return upload


def _answer(sheet, row, answers, service):
    row.refresh_from_db()
    sheets.save_row(sheet, row.uuid, answers, [], revision=row.revision, by=service, at=timezone.now())


def _type(book):
    lines = book["Referrals"]
    column = {str(cell.value).partition(" ")[0]: cell.column for cell in lines[1]}
    for id, typed in {"C01": "No", "C05": "Yes", "C17": "Letter", "C38": "No", "C49": None}.items():
        lines.cell(2, column[id]).value = typed


def _agreed(seats):
    now, by = timezone.now(), seats["LA commissioner"]
    today = timezone.localdate(now)
    audit = audits.set_up(
        title="Larkmoor audit",
        aims="Find out where people are lost.",
        starts=today - timedelta(days=200),
        ends=today - timedelta(days=20),
        due_on=today + timedelta(days=30),
        analysis_lead=seats["analysis lead"].organisation,
        by=by,
        at=now,
    )
    area = make_area("Larkmoor", local_authority=by.organisation)
    prison, service = seats["prison"].organisation, seats["SPOC"].organisation
    audits.add_pair(audit, prison=prison, area=area, service=service, expected=30, by=by, at=now)
    national = seats["facilitator"].organisation
    for part in ("SECURE_COMMISSIONER", "FACILITATOR"):
        audits.add_party(audit, organisation=national, part=part, by=by, at=now)
    audits.invite(audit, by=by, at=now)
    answering = {"PRISON": "prison", "COMMUNITY": "SPOC", "SECURE_COMMISSIONER": "secure commissioner"}
    revision = Audit.objects.get(pk=audit.pk).revision
    for party in audits.waiting_for(audit):
        capacity = 20 if party.part == "COMMUNITY" else None
        audits.accept(party, revision=revision, capacity=capacity, by=seats[answering[party.part]], at=now)
    file = SimpleUploadedFile("agreement.pdf", PDF)
    audits.record_agreement(audit, agreed_on=today, parties="All", uploaded=file, by=by, at=now)
    audits.note_topic(audit, 1, text="By secure email.", owner="Prison", agreed_change="", by=by, at=now)
    words = {"people": "Everybody", "topics": "Terms", "decisions": ""}
    audits.record_meeting(audit, kind="SET_UP", held_on=today, **words, by=by, at=now)
    return Audit.objects.select_related("period__collection__owner").get(pk=audit.pk)


def _read(audit, prison, rows, headings=None):
    now, exit_on = timezone.now(), (audit.period.ends - timedelta(days=10)).isoformat()
    rows = [row | {"P11": exit_on, "P16": exit_on} for row in rows]
    names = {id: id for id in rows[0]} | (headings or {})
    extract = extracts.upload(audit, csv_of(rows, names), by=prison, at=now)
    extracts.read_waiting(at=now)
    extract.refresh_from_db()
    return extract
