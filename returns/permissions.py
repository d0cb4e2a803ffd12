"""May this seat do this? One sentence each. Whether it can be done *now* is the workflow's question."""

from accounts.models import Membership
from accounts.roles import Act, Reach, all_roles
from returns.models import Participant
from returns.registry import return_types, type_of
from returns.return_type import Signature


def _holds(seat: Membership | None, act, submission):
    return seat is not None and seat.may(act, submission.return_type)


def owns(seat, submission):
    return seat is not None and any(
        part.organisation_id == seat.organisation_id and part.part in Participant.OWNERS
        for part in submission.participants.all()
    )


def receives(seat, submission):
    return seat is not None and any(
        part.organisation_id == seat.organisation_id and part.part == Participant.Part.RECIPIENT
        for part in submission.participants.all()
    )


def can_see_working_copy(seat, submission):
    """Drafts belong to their owners; everybody else sees versions."""
    return seat is not None and seat.reach is Reach.OWN and owns(seat, submission)


def can_fill_in(seat, submission):
    return _holds(seat, Act.FILL_IN, submission) and owns(seat, submission)


def can_send_for_sign_off(seat, submission):
    """Where the return also goes to a national system, only a registered submitter sends it for sign-off."""
    if not (_holds(seat, Act.SEND_FOR_SIGN_OFF, submission) and owns(seat, submission)):
        return False
    return seat.role_spec.is_submitter or not type_of(submission).needs_submitter(submission.subject.kind)


def can_sign_off(seat, submission):
    return _holds(seat, Act.SIGN_OFF, submission) and owns(seat, submission)


def can_take_back(seat, submission):
    return owns(seat, submission) and (
        _holds(seat, Act.SEND_FOR_SIGN_OFF, submission) or _holds(seat, Act.SIGN_OFF, submission)
    )


def can_record_receipt(seat, submission):
    return _holds(seat, Act.RECORD_RECEIPT, submission) and owns(seat, submission)


def can_review(seat, submission):
    return (
        type_of(submission).review is not None and _holds(seat, Act.REVIEW, submission) and receives(seat, submission)
    )


def can_decide(seat, submission):
    return (
        type_of(submission).review is not None and _holds(seat, Act.DECIDE, submission) and receives(seat, submission)
    )


def can_ask_query(seat, submission):
    """Asking a query, and saying whether its answer will do."""
    return type_of(submission).review is not None and _holds(seat, Act.ASK, submission) and receives(seat, submission)


def can_choose_reviewing(seat, collection):
    """Saying whether a verdict takes two people: for those who give verdicts on the returns their organisation receives."""
    return seat is not None and seat.reach is Reach.RECEIVED and seat.may(Act.DECIDE, collection.return_type)


def own_type(seat):
    """The return type that the seat's role belongs to, or None."""
    return return_types().get(seat.role_spec.return_type)


def sees_queries(seat):
    """Queries are between the two sides of a return that is reviewed."""
    if seat is None or seat.reach not in (Reach.OWN, Reach.RECEIVED):
        return False
    return own_type(seat) is not None and own_type(seat).review is not None


def sees_quarters(seat):
    """The kernel's pages of a quarter speak of returns made of answers; returns made of rows have pages of their own."""
    return seat is not None and (own_type(seat) is None or own_type(seat).rows is None)


def looks_on_quarters(seat):
    """Those who receive returns that are reviewed, and their region, begin with the quarter."""
    if seat is None or seat.reach not in (Reach.RECEIVED, Reach.REGION):
        return False
    return own_type(seat) is not None and own_type(seat).review is not None


def can_answer_query(seat, submission):
    return _holds(seat, Act.ANSWER, submission) and owns(seat, submission)


def can_extend(seat, submission):
    return _holds(seat, Act.EXTEND, submission) and (seat.reach is Reach.EVERYTHING or receives(seat, submission))


def can_excuse(seat, submission):
    """Saying that a return is not required: its recipient's, or the national administrator's, decision."""
    return can_extend(seat, submission)


def can_escalate(seat, submission):
    return (
        type_of(submission).ladder is not None and _holds(seat, Act.ESCALATE, submission) and receives(seat, submission)
    )


def can_see_escalations(seat):
    return _sees_what_follows(seat, Act.ESCALATE)


def can_move(seat, escalation):
    """Take its next step, de-escalate or close it: the commissioner's."""
    return _is_commissioners(seat, Act.ESCALATE, escalation)


def can_answer(seat, escalation):
    """Write and add documents on the step where it stands: both sides'."""
    return can_move(seat, escalation) or _is_providers(seat, Act.ANSWER_ESCALATION, escalation)


def can_see_actions(seat):
    return _sees_what_follows(seat, Act.SET_ACTIONS)


def _sees_what_follows(seat, act):
    """Everybody who sees returns of a kind for which some role may do this."""
    if seat is None or not seat.sees_returns:
        return False
    slug = seat.role_spec.return_type
    return not slug or any(role.may(act, slug) for role in all_roles().values())


def can_download_actions(seat):
    """Names leave only to the two sides."""
    return can_see_actions(seat) and seat.reach in (Reach.OWN, Reach.RECEIVED)


def can_set_actions(seat, submission):
    return _holds(seat, Act.SET_ACTIONS, submission) and (owns(seat, submission) or receives(seat, submission))


def can_progress(seat, action):
    return _is_providers(seat, Act.PROGRESS_ACTIONS, action)


def can_close_action(seat, action):
    return _is_commissioners(seat, Act.CLOSE_ACTIONS, action)


def can_change_action(seat, action):
    """Its owner and its day: the commissioner's. The provider may give it to another of its people by asking."""
    return _is_commissioners(seat, Act.SET_ACTIONS, action)


def can_see_visits(seat):
    return _sees_what_follows(seat, Act.RECORD_VISITS)


def can_record_visit(seat, submission):
    return _holds(seat, Act.RECORD_VISITS, submission) and receives(seat, submission)


def can_change_visit(seat, visit):
    return _is_commissioners(seat, Act.RECORD_VISITS, visit)


def can_see_waivers(seat):
    return _sees_what_follows(seat, Act.ASK_WAIVERS)


def can_ask_for_waiver(seat, submission):
    return _holds(seat, Act.ASK_WAIVERS, submission) and (owns(seat, submission) or receives(seat, submission))


def can_decide_waiver(seat, waiver):
    """The commissioner's lead or the national administrator; that it is another person, `waivers` asks."""
    if seat is None or not seat.may(Act.APPROVE_WAIVERS, waiver.return_type):
        return False
    return seat.reach is Reach.EVERYTHING or waiver.commissioner_id == seat.organisation_id


def is_party(seat, matter):
    """Files leave only to the provider and the commissioner that the matter lies between."""
    return seat is not None and seat.organisation_id in (matter.provider_id, matter.commissioner_id)


def _is_commissioners(seat, act, matter):
    return seat is not None and seat.may(act, matter.return_type) and matter.commissioner_id == seat.organisation_id


def _is_providers(seat, act, matter):
    return seat is not None and seat.may(act, matter.return_type) and matter.provider_id == seat.organisation_id


def can_rebase(seat, return_type):
    """Whose charts the seat may see, it may say this of, where its role does so: its own, or its providers'."""
    return seat is not None and seat.may(Act.REBASE, return_type)


def can_manage_periods(seat):
    return seat is not None and seat.may(Act.MANAGE_PERIODS)


def can_export(seat):
    return seat is not None and seat.may(Act.EXPORT)


def can_see_log(seat):
    return seat is not None and seat.may(Act.SEE_LOG)


def signature_of(submission) -> Signature:
    return type_of(submission).signature(submission.subject.kind, submission.period.collection.settings)
