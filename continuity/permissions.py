"""May this seat do this between audits? One sentence each."""

from accounts.models import Organisation
from accounts.roles import Act, Reach
from continuity.roles import RETURN_TYPE

Kind = Organisation.Kind


def takes_part(seat):
    """Whether the seat has to do with continuity of care at all; only then does it see directory, offers and indicator."""
    return seat is not None and (seat.role_spec.return_type == RETURN_TYPE or seat.reach is Reach.EVERYTHING)


def _may(seat, act):
    return seat is not None and seat.may(act, RETURN_TYPE)


def can_keep_spoc_entry(seat):
    return _may(seat, Act.KEEP_SPOC_ENTRY)


def can_keep_offer(seat):
    return _may(seat, Act.KEEP_OFFER)


def can_propose_protocols(seat):
    return _may(seat, Act.AGREE_PROTOCOLS)


def can_agree(seat, protocol):
    """Changing the terms and agreeing to them: the two sides' right, and nobody else's."""
    return _may(seat, Act.AGREE_PROTOCOLS) and protocol.side_of(seat.organisation_id) != ""


def works_with_referrals(seat):
    """Names and needs of clients are for the sending and the receiving service alone."""
    return _may(seat, Act.SEND_REFERRALS) or _may(seat, Act.ACKNOWLEDGE_REFERRALS)


def can_begin_referral(seat):
    return _may(seat, Act.SEND_REFERRALS)


def can_write_referral(seat, referral):
    """The prison that wrote it."""
    return _may(seat, Act.SEND_REFERRALS) and referral.prison_id == seat.organisation_id


def can_follow_referral(seat, referral):
    """The service that it was sent to."""
    return _may(seat, Act.ACKNOWLEDGE_REFERRALS) and referral.service_id == seat.organisation_id


def can_import_indicator(seat):
    return _may(seat, Act.IMPORT_INDICATOR)


def can_record_change(seat, prison, area):
    """Those whose practice it is: the prison, a service of the area, and the commissioners who brought the figures in."""
    if can_import_indicator(seat):
        return True
    if not (_may(seat, Act.AGREE_PROTOCOLS) or _may(seat, Act.KEEP_OFFER)):
        return False
    own = seat.organisation
    is_own_prison = prison is not None and prison.pk == own.pk
    return is_own_prison or (area is not None and area.spoc_entries.filter(organisation=own).exists())
