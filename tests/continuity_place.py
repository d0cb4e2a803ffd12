"""The continuity audit's people in the world that the access table is about."""

from django.utils import timezone

from accounts.models import Organisation
from accounts.tests.factories import make_organisation, make_seat
from continuity.tests.factories import make_area, make_offer, make_protocol, make_spoc_entry

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
    protocol = make_protocol(seats["prison"], spoc, area, at=now)
    code = {"code": spoc.organisation.code}
    return {
        "continuity:spoc_entry": [code],
        "continuity:offer": [code],
        **{
            f"continuity:{name}": [{"uuid": protocol.uuid}]
            for name in ("protocol", "change_protocol", "agree_protocol")
        },
    }
