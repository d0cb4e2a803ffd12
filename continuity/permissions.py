"""May this seat do this between audits? One sentence each."""

from accounts.models import Organisation
from accounts.roles import Act, Reach
from continuity.models.indicator import pathways_of
from continuity.roles import RETURN_TYPE, ROLES_OF, AuditAct

Kind = Organisation.Kind


def takes_part(seat):
    """Whether the seat has to do with continuity of care at all; only then does it see directory, offers and indicator."""
    return seat is not None and (seat.role_spec.return_type == RETURN_TYPE or seat.reach is Reach.EVERYTHING)


def _may(seat, act):
    return seat is not None and seat.may(act, RETURN_TYPE)


def can_keep_spoc_entry(seat):
    return _may(seat, AuditAct.KEEP_SPOC_ENTRY)


def can_keep_offer(seat):
    return _may(seat, AuditAct.KEEP_OFFER)


def can_propose_protocols(seat):
    return _may(seat, AuditAct.AGREE_PROTOCOLS)


def can_agree(seat, protocol):
    """Changing the terms and agreeing to them: the two sides' right, and nobody else's."""
    return _may(seat, AuditAct.AGREE_PROTOCOLS) and protocol.side_of(seat.organisation_id) != ""


def works_with_referrals(seat):
    """Names and needs of clients are for the sending and the receiving service alone."""
    return _may(seat, AuditAct.SEND_REFERRALS) or _may(seat, AuditAct.ACKNOWLEDGE_REFERRALS)


def can_begin_referral(seat):
    return _may(seat, AuditAct.SEND_REFERRALS)


def can_write_referral(seat, referral):
    """The prison that wrote it."""
    return _may(seat, AuditAct.SEND_REFERRALS) and referral.prison_id == seat.organisation_id


def can_follow_referral(seat, referral):
    """The service that it was sent to."""
    return _may(seat, AuditAct.ACKNOWLEDGE_REFERRALS) and referral.service_id == seat.organisation_id


def can_import_indicator(seat):
    return _may(seat, Act.IMPORT_FIGURES)


def can_record_change(seat, prison, area):
    """Those whose practice it is: the prison, a service of the area, and the commissioners who brought the figures in."""
    if can_import_indicator(seat):
        return True
    if not (_may(seat, AuditAct.AGREE_PROTOCOLS) or _may(seat, AuditAct.KEEP_OFFER)):
        return False
    if prison is not None and prison.pk == seat.organisation_id:
        return True
    place = {name: where for name, where in (("prison", prison), ("area", area)) if where is not None}
    return area is not None and pathways_of(seat.organisation_id, **place).exists()


# In an audit


def _is(seat, organisation_id):
    return seat is not None and seat.organisation_id == organisation_id


def can_set_up(seat):
    return _may(seat, AuditAct.SET_UP_AUDIT)


def can_run(seat, audit):
    """Its terms, parties, agreement and end are for who set it up."""
    return can_set_up(seat) and _is(seat, audit.owner.pk)


def can_note(seat, audit):
    """Topics and meetings are written down by any commissioner in the audit."""
    return can_set_up(seat) and (can_run(seat, audit) or _has_part(seat, audit))


def _has_part(seat, audit):
    return any(party.organisation_id == seat.organisation_id for party in audit.parties.all())


def can_answer(seat, party):
    """Accepting for a party is for the roles that have this part in an audit."""
    return _is(seat, party.organisation_id) and seat.role in ROLES_OF[party.part]


def can_extract(seat, audit):
    return _may(seat, AuditAct.UPLOAD_EXTRACT) and any(_is(seat, pair.prison_id) for pair in audit.pairs.all())


def can_share(seat, audit):
    return _may(seat, AuditAct.RELEASE_SHEETS) and any(_is(seat, pair.prison_id) for pair in audit.pairs.all())


def can_recall(seat, sheet):
    return _may(seat, AuditAct.RELEASE_SHEETS) and _is(seat, sheet.pair.prison_id)


def can_complete(seat, sheet):
    return _may(seat, Act.FILL_IN) and _is(seat, sheet.submission.subject_id)


def can_ask(seat, sheet):
    """The two providers of a sheet ask each other about its rows."""
    is_prison = _may(seat, AuditAct.UPLOAD_EXTRACT) and _is(seat, sheet.pair.prison_id)
    return is_prison or can_complete(seat, sheet)


def can_submit(seat, sheet):
    return _may(seat, Act.SEND_FOR_SIGN_OFF) and _is(seat, sheet.submission.subject_id)


def can_open_again(seat, sheet):
    """Opening a submitted sheet: both providers, whoever sees first that something is wrong."""
    return can_submit(seat, sheet) or can_recall(seat, sheet)


def can_assign(seat, sheet):
    return _may(seat, AuditAct.ASSIGN_ROWS) and _is(seat, sheet.pair.service_id) and can_complete(seat, sheet)


def sees_people(seat, sheet):
    """The two providers of a sheet see who its people are; everybody else sees how it stands."""
    providers = (sheet.pair.prison_id, sheet.pair.service_id, sheet.submission.subject_id)
    return seat is not None and seat.reach is Reach.OWN and seat.organisation_id in providers


# In its analysis


def can_analyse(seat, audit):
    """Working the figures out, writing findings and sharing them is for who analyses, and for who set the audit up."""
    return can_run(seat, audit) or (has_to_do(seat) and _is(seat, audit.analysis_lead_id))


def has_to_do(seat):
    """A facilitator helps the others and does nothing in the audit itself."""
    return seat is not None and seat.role_spec.return_type == RETURN_TYPE and seat.reach is not Reach.NOTHING


def _speaks_in(seat, audit):
    """Whether the seat's role speaks for a part that its organisation has in the audit, and accepted."""
    parts = [
        party.part
        for party in audit.parties.all()
        if party.organisation_id == seat.organisation_id and party.accepted_revision is not None
    ]
    return any(seat.role in ROLES_OF[part] for part in parts)


def sees_exact_figures(seat, audit, pair):
    """The parties to the sharing agreement of a pair: its two providers and both commissioners."""
    if not has_to_do(seat) or not _speaks_in(seat, audit):
        return False
    if seat.role in ROLES_OF["SECURE_COMMISSIONER"]:
        return True
    return seat.role not in ROLES_OF["ANALYSIS_LEAD"] and seat.organisation_id in parties_of(pair)


def sees_count(seat, audit, sheet):
    """How many rows a sheet has: who sees its figures as they are, and the service that has it."""
    return sees_people(seat, sheet) or sees_exact_figures(seat, audit, sheet.pair)


def parties_of(pair):
    """The organisations whose own the figures of a pair are; the commissioner of secure settings sees all as they are."""
    return {pair.prison_id, pair.service_id, pair.area.local_authority_id}


def can_plan_actions(seat, audit):
    """The action plan is the parties' own: both providers, both commissioners and who analyses."""
    return can_analyse(seat, audit) or (has_to_do(seat) and _speaks_in(seat, audit))


def can_report_action(seat, action):
    return has_to_do(seat) and _is(seat, action.owner_id)
