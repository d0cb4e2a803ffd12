"""The continuity audit's people in the world that the access table is about."""

from datetime import time, timedelta

from django.utils import timezone

from accounts.models import Organisation
from accounts.tests.factories import make_organisation, make_seat
from continuity import referrals
from continuity.models import IndicatorValue
from continuity.tests.factories import (
    PERSON,
    WHOLE,
    for_the_system,
    make_area,
    make_offer,
    make_protocol,
    make_referral,
    make_spoc_entry,
)
from tests.audits_place import audit_arguments

Kind = Organisation.Kind


def continuity_seats(national):
    """A prison and the community service that it refers to, their commissioners, and two providers elsewhere."""
    prison = make_organisation(
        "ZZX01", holds_contract=False, kind=Kind.PRISON_HEALTH_SERVICE, name="Prison health service"
    )
    service = make_organisation(
        "ZZX02", holds_contract=False, kind=Kind.COMMUNITY_TREATMENT_PROVIDER, name="Community service"
    )
    authority = make_organisation("ZZX03", holds_contract=False, kind=Kind.LOCAL_AUTHORITY, name="Local authority")
    return {
        "prison": make_seat("CONTINUITY_PRISON_PROVIDER", prison),
        "SPOC": make_seat("CONTINUITY_SPOC", service),
        "community provider": make_seat("CONTINUITY_COMMUNITY_PROVIDER", service),
        "LA commissioner": make_seat("CONTINUITY_LA_COMMISSIONER", authority),
        "secure commissioner": make_seat("CONTINUITY_SECURE_COMMISSIONER", national),
        "analysis lead": make_seat("CONTINUITY_ANALYSIS_LEAD", authority),
        "facilitator": make_seat("CONTINUITY_FACILITATOR", national),
        "prison elsewhere": make_seat(
            "CONTINUITY_PRISON_PROVIDER",
            make_organisation("ZZX04", holds_contract=False, kind=Kind.PRISON_HEALTH_SERVICE),
        ),
        "SPOC elsewhere": make_seat(
            "CONTINUITY_SPOC", make_organisation("ZZX05", holds_contract=False, kind=Kind.COMMUNITY_TREATMENT_PROVIDER)
        ),
    }


def continuity_arguments(seats):
    """What the addresses of the continuity routes need: one service with its entry and offer."""
    prison, spoc, now = seats["prison"].organisation, seats["SPOC"], timezone.now()
    area = make_area(local_authority=seats["LA commissioner"].organisation)
    make_spoc_entry(spoc, areas=[area], prisons=[prison], at=now)
    make_offer(spoc, at=now)
    protocol = make_protocol(seats["prison"], spoc, area, at=now, agreed=True)
    referral, appointment = _make_referral(seats["prison"], spoc, area, now)
    one = {"uuid": referral.uuid}
    value = IndicatorValue.objects.create(
        measure="2.16", window_end=now.date(), window_months=12, area=area, numerator=6, denominator=19, imported_at=now
    )
    place = {"measure": value.measure, "months": value.window_months, "prison": "-", "area": area.dat_code}
    code = {"code": spoc.organisation.code}
    return audit_arguments(seats) | {
        "continuity:spoc_entry": [code],
        "continuity:offer": [code],
        "continuity:indicator_trend": [place],
        "continuity:add_practice_change": [place],
        **{
            f"continuity:{name}": [{"uuid": protocol.uuid}]
            for name in ("protocol", "change_protocol", "agree_protocol")
        },
        "continuity:referral_section": [one | {"slug": "release"}],
        "continuity:record_outcome": [one | {"pk": appointment.pk}],
        "continuity:remove_appointment": [one | {"pk": appointment.pk}],
        "continuity:remove_contact": [one | {"pk": referral.contacts.first().pk}],
        "continuity:remove_follow_up": [one | {"pk": referral.follow_ups.first().pk}],
        **{f"continuity:{name}": [one] for name in OF_A_REFERRAL.split()},
        "continuity:send_referral": [
            {"uuid": make_referral(seats["prison"], spoc, area, until="draft", at=now, answers=PERSON).uuid}
        ],
    }


OF_A_REFERRAL = """
referral withdraw_referral receive_referral acknowledge_referral change_release correct_release
acknowledge_changes
add_contact add_appointment add_follow_up no_follow_up
"""


def released_in(now, days):
    return {"expected_release_on": now.date() + timedelta(days=days)}


def _make_referral(prison, spoc, area, now):
    """Somebody released from court yesterday, of whom everything is recorded that a page can show."""
    referral = make_referral(
        prison, spoc, area, at=now - timedelta(days=3), until="sent", answers=WHOLE | released_in(now, 14)
    )
    yesterday, tomorrow = now.date() - timedelta(days=1), now.date() + timedelta(days=1)
    given = {"on": tomorrow, "time": time(10), "place": "Mill Lane", "made_by": "COMMUNITY", "told_client": "YES"}
    with for_the_system():
        for kind in ("VISIT", "GROUP"):
            referrals.record_contact(
                referral, kind=kind, contact_by="PEER", on=yesterday - timedelta(days=1), by=spoc, at=now
            )
        referrals.change_release(referral, "COURT", yesterday, by=prison, at=now)
        appointment, missed, _ = (
            referrals.record_appointment(referral, **given | {"with_whom": who, "on": on}, by=spoc, at=now)
            for who, on in (("TREATMENT", tomorrow), ("DROP_IN", now.date()), ("PROBATION", tomorrow))
        )
        referrals.record_outcome(referral, missed.pk, outcome="DNA", attended_on=None, by=spoc, at=now)
        referrals.record_follow_up(referral, method="TEXT", on=now.date(), by=spoc, at=now)
    return referral, appointment
