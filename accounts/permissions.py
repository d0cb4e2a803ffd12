"""May this seat do this to people and organisations? One sentence each; the acts themselves ask no rights."""

from accounts.roles import Act, Scope, all_roles


def counts_everywhere(seat):
    """Whether the seat's acts on people and organisations count beyond its own organisation."""
    return seat is not None and seat.role_spec.scope is Scope.EVERYWHERE


def _counts_in(seat, act, organisation):
    return seat is not None and seat.may(act) and (counts_everywhere(seat) or seat.organisation_id == organisation.pk)


def can_manage_people(seat, organisation):
    return _counts_in(seat, Act.MANAGE_PEOPLE, organisation)


def can_manage_submitters(seat, organisation):
    return organisation.is_trust and _counts_in(seat, Act.MANAGE_SUBMITTERS, organisation)


def can_see_submitters(seat, organisation):
    return organisation.is_trust and (
        seat is not None
        and (seat.organisation_id == organisation.pk or _counts_in(seat, Act.MANAGE_SUBMITTERS, organisation))
    )


def can_keep_organisations(seat):
    return seat is not None and seat.may(Act.MANAGE_ORGANISATION)


def can_end(seat, membership):
    """Nobody ends a role of their own: an administrator who leaves asks another one."""
    return can_manage_people(seat, membership.organisation) and membership.person_id != seat.person_id


def roles_to_give(seat, organisation):
    """What the seat may invite somebody to in this organisation. Only who counts everywhere gives such a role."""
    if not can_manage_people(seat, organisation):
        return []
    return [
        role
        for role in all_roles().values()
        if role.fits(organisation.kind) and (role.scope is Scope.OWN_ORGANISATION or counts_everywhere(seat))
    ]
