"""Splitting an extract, sharing each part with its one service, taking it back, completing it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from accounts.tests.factories import make_region, make_seat, sign_in
from continuity import audits, needs, row_queries, sheets, working_rows
from continuity.models import Identity, Referral, Sheet
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
from continuity.tests.factories import make_spoc
from journal.models import Event, Notice
from journal.refused import Refused
from returns import checks, versions, workflow
from returns.models import Finding, Measure, Participant, Release, Submission
from returns.tests.factories import reload

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("as_the_system")]
TODAY = AT.date()


def release(world, pair, **changes):
    return sheets.release(pair, **{"expires_on": EXPIRES_ON, "by": world.prison, "at": AT} | changes)


def seen_by(seat, day=TODAY):
    return set(Referral.objects.visible_to(seat, day))


def test_a_preview_counts_before_anything_is_shared():
    world = agree(accept_everything(make_audit()))
    north = world.pair_north.area
    upload(world, [client(north), client(north, P24="No"), client(north, P12="Died"), client(world.pair_south.area)])

    counts = {
        share.pair: (share.listed, share.without_consent, share.shared, share.to_share)
        for share in sheets.preview(world.audit, world.prison.organisation, AT.date())
    }

    assert counts == {world.pair_north: (2, 1, 0, 1), world.pair_south: (1, 0, 0, 1)}


def test_nothing_is_shared_without_the_agreement():
    world = accept_everything(make_audit())
    upload(world, [client(world.pair_north.area)])

    with pytest.raises(Refused, match="Record the sharing agreement first") as refusal:
        release(world, world.pair_north)

    assert refusal.value.reason == "EXT-11"


def test_rows_without_consent_are_held_back():
    world = agree(accept_everything(make_audit()))
    upload(
        world,
        [
            client(world.pair_north.area),
            client(world.pair_north.area, P24="No"),
            client(world.pair_north.area, P24=None),
        ],
    )

    assert release(world, world.pair_north).referrals.count() == 1


def test_each_service_receives_its_own_people_alone():
    world = shared(north=2, south=3)

    assert len(seen_by(world.north)) == 2 and len(seen_by(world.south)) == 3
    assert not seen_by(world.north) & seen_by(world.south)
    assert len(seen_by(world.prison)) == 5
    assert seen_by(world.commissioner) == set() == seen_by(make_spoc())


def test_a_release_is_written_down_told_and_names_its_parties():
    world = shared()

    assert Release.objects.filter(kind="continuity sheet").count() == 2
    assert Event.objects.filter(act="sheet released").count() == 2
    assert Notice.objects.filter(person_id=world.north.person_id, subject__contains="a sheet for you").exists()
    parts = {(part.organisation_id, part.part) for part in world.sheet_north.submission.participants.all()}
    assert parts == {
        (world.north.organisation_id, Participant.Part.OWNER),
        (world.prison.organisation_id, Participant.Part.SOURCE),
        (world.commissioner.organisation_id, Participant.Part.RECIPIENT),
    }


def test_a_later_extract_adds_to_the_sheet():
    world = shared(north=1)
    upload(world, [client(world.pair_north.area)])

    assert release(world, world.pair_north) == world.sheet_north
    assert len(seen_by(world.north)) == 2


def test_a_row_that_moves_to_another_area_takes_nothing_along_that_the_first_service_said():
    world = agree(accept_everything(make_audit()))
    row = client(world.pair_north.area)
    upload(world, [row])
    sheet = release(world, world.pair_north)
    complete(sheet, world.north, C48="Told us about his health.", C34="G")
    referral = sheet.referrals.get()
    row_queries.ask(sheet, referral, column="P03", text="Is the day right?", by=world.north, at=AT)

    upload(world, [row | {"P13": world.pair_south.area.dat_code}])
    assert seen_by(world.north) == set()
    assert Notice.objects.filter(person_id=world.north.person_id, subject__contains="no longer has all").exists()
    release(world, world.pair_south)

    (moved,) = seen_by(world.south)
    assert moved == referral
    assert (moved.answers, moved.interventions, moved.queries.count()) == ({}, [], 0)
    assert (moved.identity.comment, moved.identity.recorded_first_initial) == ("", "")
    assert moved.identity.surname == row["P02"]


def test_a_row_that_comes_back_to_its_service_still_has_its_answers():
    world = agree(accept_everything(make_audit()))
    row = client(world.pair_north.area)
    upload(world, [row])
    complete(release(world, world.pair_north), world.north)

    upload(world, [row | {"P24": "No"}])
    assert seen_by(world.north) == set()
    upload(world, [row])
    release(world, world.pair_north)

    (back,) = seen_by(world.north)
    assert back.answers["C30"] == "NO"


class TestASubmittedSheet:
    def submitted(self):
        world = agree(accept_everything(make_audit()))
        self.row = client(world.pair_north.area)
        upload(world, [self.row])
        sheet = release(world, world.pair_north)
        complete(sheet, world.north)
        sheets.submit(sheet, by=world.north, at=AT)
        checks.check_waiting(limit=10, at=AT)
        return world, Sheet.objects.get(pk=sheet.pk)

    def told(self, seat, words):
        return Notice.objects.filter(person_id=seat.person_id, subject__contains=words).exists()

    def test_is_opened_again_by_either_provider_with_a_reason(self):
        world, sheet = self.submitted()
        with pytest.raises(Refused, match="Say why"):
            sheets.open_again(sheet, reason=" ", by=world.north, at=AT)

        sheets.open_again(sheet, reason="A date is wrong.", by=world.north, at=AT)

        assert reload(sheet.submission).is_being_filled_in
        assert self.told(world.prison, "open again")
        assert reload(sheet.submission).standing_version.number == 1  # counts until there is another

    def test_is_open_again_where_the_prison_shares_more_rows(self):
        world, sheet = self.submitted()
        upload(world, [self.row, client(world.pair_north.area)])

        release(world, world.pair_north)

        submission = reload(sheet.submission)
        assert submission.is_being_filled_in and "more rows" in submission.status_reason
        assert sheet.referrals.count() == 2

    def test_that_was_recalled_is_shared_again_as_it_was(self):
        world, sheet = self.submitted()
        sheets.recall(sheet, reason="By mistake.", by=world.prison, at=AT)
        assert seen_by(world.north) == set()

        release(world, world.pair_north)

        assert len(seen_by(world.north)) == 1
        assert reload(sheet.submission).is_submitted

    def test_from_which_an_extract_takes_rows_is_open_again_and_its_service_told(self):
        world, sheet = self.submitted()

        upload(world, [self.row | {"P24": "No"}])

        assert reload(sheet.submission).is_being_filled_in
        assert self.told(world.north, "no longer has all")


def test_a_service_that_is_brought_in_later_holds_nobody_up():
    world = shared()
    other = make_spoc(name="Eastside")
    rows = [row.uuid for row in world.sheet_north.referrals.all()[:1]]

    assert sheets.assign(world.sheet_north, rows, other.organisation, by=world.north, at=AT) is None

    upload(world, [client(world.pair_south.area)])
    assert release(world, world.pair_south)


def test_a_recalled_sheet_is_gone_for_its_service_and_back_when_shared_again():
    world = shared()
    with pytest.raises(Refused, match="Say why"):
        sheets.recall(world.sheet_north, reason=" ", by=world.prison, at=AT)

    sheets.recall(world.sheet_north, reason="One of them withdrew consent.", by=world.prison, at=AT)

    assert seen_by(world.north) == set()
    assert _opened_to(world.sheet_north) == {(world.prison.organisation_id,)}
    assert reload(world.sheet_north.submission).status == Submission.Status.NOT_REQUIRED
    release(world, world.pair_north)
    assert reload(world.sheet_north.submission).is_being_filled_in
    assert len(seen_by(world.north)) == 2
    assert _opened_to(world.sheet_north) == {(world.prison.organisation_id, world.north.organisation_id)}


def _opened_to(sheet):
    return {tuple(row.organisations) for row in Identity.objects.filter(referral__sheet=sheet)}


def test_a_sheet_closes_after_its_last_day():
    world = shared()

    assert len(seen_by(world.north, EXPIRES_ON)) == 2
    assert seen_by(world.north, EXPIRES_ON + timedelta(days=1)) == set()
    assert sheets.expire(at=AT + timedelta(days=365)) == 2
    assert _opened_to(world.sheet_north) == {(world.prison.organisation_id,)}
    assert sheets.expire(at=AT + timedelta(days=365)) == 0


@pytest.mark.parametrize("days", [0, -1, 400])
def test_the_last_day_lies_ahead_and_within_a_year(days):
    world = shared()

    with pytest.raises(Refused, match="within a year"):
        release(world, world.pair_north, expires_on=TODAY + timedelta(days=days))


# A single point of contact gives rows on


def with_another_service(world):
    """A service that was invited by the first try to give it a row, and has accepted; and the row."""
    other = make_spoc(name="Third service")
    row = Referral.objects.filter(sheet=world.sheet_north).first()
    assert sheets.assign(world.sheet_north, [row.uuid], other.organisation, by=world.north, at=AT) is None
    party = world.parties.get(organisation=other.organisation)
    audits.accept(party, revision=world.audit.revision, capacity=10, by=other, at=AT)
    return other, row


def test_a_service_that_is_given_rows_sees_these_alone():
    world = shared(north=3)
    other, row = with_another_service(world)

    sheet = sheets.assign(world.sheet_north, [row.uuid], other.organisation, by=world.north, at=AT)

    assert seen_by(other) == {row} and sheet.service == other.organisation
    assert len(seen_by(world.north)) == 3
    assert seen_by(other) & seen_by(world.south) == set()


def test_rows_of_another_sheet_cannot_be_given():
    world = shared()
    other, _ = with_another_service(world)
    foreign = Referral.objects.filter(sheet=world.sheet_south).first()

    with pytest.raises(Refused, match="of this sheet"):
        sheets.assign(world.sheet_north, [foreign.uuid], other.organisation, by=world.north, at=AT)


# Completing


def test_a_sheet_is_submitted_when_every_row_is_answered():
    world = shared()

    with pytest.raises(Refused, match="2 rows still need answers"):
        sheets.submit(world.sheet_north, by=world.north, at=AT)
    complete(world.sheet_north, world.north)
    sheets.submit(world.sheet_north, by=world.north, at=AT)
    checks.check_waiting(limit=10, at=AT)

    submission = Submission.objects.get(pk=world.sheet_north.pk)
    assert submission.standing_version.number == 1
    assert Measure.objects.filter(version=submission.standing_version, measure="M01").values_list(
        "numerator", "denominator"
    ).get() == (0, 2)


def test_who_may_know_of_a_sheet_hears_that_it_was_submitted_and_nobody_else():
    world = shared()
    national = make_seat("CONTINUITY_SECURE_COMMISSIONER", make_region())
    helper = make_seat("CONTINUITY_FACILITATOR", make_region())
    for seat, part in ((national, "SECURE_COMMISSIONER"), (helper, "FACILITATOR")):
        audits.add_party(world.audit, organisation=seat.organisation, part=part, by=world.commissioner, at=AT)
    audits.invite(world.audit, by=world.commissioner, at=AT)
    complete(world.sheet_north, world.north)

    sheets.submit(world.sheet_north, by=world.north, at=AT)

    subject = "The audit “Larkmoor audit” has a sheet that was submitted"
    told = {notice.person_id: notice for notice in Notice.objects.filter(subject=subject)}
    for seat in (world.commissioner, world.prison, national):
        notice = told.pop(seat.person_id)
        assert notice.body == "Prison health to Larkmoor North, completed by Northside."
        assert sign_in(Client(), seat).get(notice.link).status_code == 200
    assert told == {}


def test_a_version_names_nobody_and_says_what_followed_from_the_names():
    world = shared()
    Identity.objects.update(
        recorded_first_initial="G", recorded_surname_initial="F", recorded_date_of_birth="1985-03-05"
    )
    complete(world.sheet_north, world.north)
    sheets.submit(world.sheet_north, by=world.north, at=AT)

    version = Submission.objects.get(pk=world.sheet_north.pk).current_version
    kept = versions.hashed_bytes(version).decode()

    names = Identity.objects.filter(referral__sheet=world.sheet_north)
    assert not any(
        word in kept for row in names for word in (row.first_name, row.surname, row.client_reference, row.salt)
    )
    assert "1985-03-05" not in kept and all(row.digest in kept for row in names)
    assert '"lost_reason"' in kept and '"substance_group"' in kept


def test_findings_are_kept_by_row_without_anybodys_name():
    world = shared()
    complete(
        world.sheet_north,
        world.north,
        C32="NEW",
        C33=TODAY,
        C34="X",
        C35="Y",
        C36=TODAY,
        C37="MALE",
        C46=TODAY,
        C47=TODAY,
    )
    sheets.submit(world.sheet_north, by=world.north, at=AT)
    checks.check_waiting(limit=10, at=AT)

    found = Finding.objects.filter(rule="ATT-10")

    assert set(found.values_list("row_ref", flat=True)) == {str(row.uuid) for row in world.sheet_north.referrals.all()}
    said = " ".join(Finding.objects.values_list("message", flat=True))
    assert not any(row.first_name in said or row.surname in said for row in Identity.objects.all())


def test_a_comment_that_names_the_person_is_not_kept():
    world = shared()
    name = Identity.objects.filter(referral__sheet=world.sheet_north).first().surname

    with pytest.raises(Refused, match="Remove names"):
        complete(world.sheet_north, world.north, C48=f"{name} was moved.")


def test_an_answer_is_kept_only_where_it_is_asked_for():
    world = shared(north=1)
    complete(world.sheet_north, world.north, C02=TODAY, C31="REFUSED")

    answers = Referral.objects.get(sheet=world.sheet_north).answers
    assert "C02" not in answers and answers["C31"] == "REFUSED"


def test_a_missed_appointment_owes_no_day_of_attendance_and_may_have_one():
    world = shared(north=1)
    missed = {"C01": "YES", "C20": "DROP_IN", "C24": "DNA", "C26": "NO"}
    complete(world.sheet_north, world.north, **missed)
    owed = working_rows.unanswered(working_rows.read(world.sheet_north.submission))
    assert "C25" not in next(iter(owed.values()))

    complete(world.sheet_north, world.north, **missed | {"C24": "ATTENDED"})
    assert "C25" in next(iter(working_rows.unanswered(working_rows.read(world.sheet_north.submission)).values()))

    complete(world.sheet_north, world.north, **missed | {"C25": TODAY})
    assert Referral.objects.get(sheet=world.sheet_north).answers["C25"] == TODAY.isoformat()


def test_nobody_overwrites_a_colleague():
    world = shared(north=1)
    complete(world.sheet_north, world.north)
    row = Referral.objects.get(sheet=world.sheet_north)

    with pytest.raises(workflow.SavedMeanwhile):
        sheets.save_row(world.sheet_north, row.uuid, {}, [], revision=0, by=world.north, at=AT)


def test_a_recalled_sheet_cannot_be_submitted():
    world = shared()
    complete(world.sheet_north, world.north)
    sheets.recall(world.sheet_north, reason="Wrong area.", by=world.prison, at=AT)

    with pytest.raises(Refused, match="recalled"):
        sheets.submit(Sheet.objects.get(pk=world.sheet_north.pk), by=world.north, at=AT)


# The end


def submitted(world):
    for sheet, by in ((world.sheet_north, world.north), (world.sheet_south, world.south)):
        complete(sheet, by)
        sheets.submit(sheet, by=by, at=AT)
    checks.check_waiting(limit=10, at=AT)
    return world


def test_an_audit_is_closed_when_its_sheets_are_submitted():
    world = shared()
    with pytest.raises(Refused, match="2 sheets are not submitted"):
        audits.close(world.audit, by=world.commissioner, at=AT)

    audits.close(submitted(world).audit, by=world.commissioner, at=AT)

    assert world.reload().is_closed
    with pytest.raises(Refused, match="closed"):
        upload(world, [client(world.pair_north.area)])


def test_an_audit_is_purged_when_its_day_has_come_and_not_before():
    world = submitted(shared())
    audits.close(world.audit, by=world.commissioner, at=AT)

    assert sheets.purge_due(at=AT + timedelta(days=audits.PURGE_AFTER - 1)) == 0
    assert Identity.objects.count() == 4
    assert sheets.purge_due(at=AT + timedelta(days=audits.PURGE_AFTER)) == 1
    assert Identity.objects.count() == 0 and world.reload().purged_at
    assert sheets.purge_due(at=AT + timedelta(days=audits.PURGE_AFTER)) == 0


def test_after_the_purge_versions_still_verify_and_rows_still_tell_what_happened():
    world = submitted(shared())
    version = Submission.objects.get(pk=world.sheet_north.pk).standing_version
    before = versions.answers_in(version)
    audits.close(world.audit, by=world.commissioner, at=AT)
    sheets.purge_due(at=AT + timedelta(days=audits.PURGE_AFTER))

    version = Submission.objects.get(pk=world.sheet_north.pk).standing_version
    after = versions.answers_in(version)

    assert versions.is_intact(version)
    assert after.computed == before.computed
    assert not any("P01" in row for row in after.referrals) and all("P01" in row for row in before.referrals)
    assert seen_by(world.north) == set() == seen_by(world.prison)


def test_the_purge_is_proved_on_the_tables_of_the_database():
    """No name, reference or date of birth of an audit's people is left in any column of any table."""
    world = submitted(shared())
    people = list(Identity.objects.values_list("first_name", "surname", "client_reference", "salt"))
    words = [word for person in people for word in person]
    assert _tables_that_hold(words) == {"continuity_identity"}
    audits.close(world.audit, by=world.commissioner, at=AT)

    sheets.purge_due(at=AT + timedelta(days=audits.PURGE_AFTER))

    assert _tables_that_hold(words) == set()


def _tables_that_hold(words):
    """The tables with a row whose text holds one of the words."""
    found = set()
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(
                f'SELECT count(*) FROM "{table}" AS row WHERE row::text ILIKE ANY (%s)',
                [[f"%{word}%" for word in words]],
            )
            if cursor.fetchone()[0]:
                found.add(table)
    return found


# What the two providers ask each other


def a_row_of(world):
    return Referral.objects.filter(sheet=world.sheet_north).select_related("identity").first()


def ask(world, text="Is the year of birth right?"):
    return row_queries.ask(world.sheet_north, a_row_of(world), column="P03", text=text, by=world.north, at=AT)


def test_a_question_reaches_the_other_provider_who_answers_on_the_same_row():
    world = shared()
    query = ask(world)
    assert [need.hint or need.title for need in needs.of(world.prison, AT) if "date of birth" in need.title]

    row_queries.reply(world.sheet_north, query, text="Corrected in the next extract.", by=world.prison, at=AT)

    assert not [need for need in needs.of(world.prison, AT) if "date of birth" in need.title]
    assert [need for need in needs.of(world.north, AT) if "date of birth" in need.title]
    assert [message.text for message in query.messages.order_by("pk")][-1] == "Corrected in the next extract."
    assert Notice.objects.filter(person_id=world.north.person_id, subject__contains="has an answer").exists()


def test_a_question_names_nobody():
    world = shared()
    surname = a_row_of(world).identity.surname

    with pytest.raises(Refused, match="Leave out the surname"):
        ask(world, f"Is it {surname}?")


def test_who_asked_closes_the_question():
    world = shared()
    query = ask(world)

    with pytest.raises(Refused, match="that asked"):
        row_queries.close(world.sheet_north, query, by=world.prison, at=AT)
    row_queries.close(world.sheet_north, query, by=world.north, at=AT)
    with pytest.raises(Refused, match="closed already"):
        row_queries.reply(world.sheet_north, query, text="Once more.", by=world.prison, at=AT)


def test_the_words_of_questions_go_with_the_names():
    world = shared()
    query = ask(world)
    submitted(world)
    audits.close(world.audit, by=world.commissioner, at=AT)

    sheets.purge_due(at=AT + timedelta(days=audits.PURGE_AFTER))

    assert not query.messages.exists()
