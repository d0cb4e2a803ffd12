"""Who may do what with a return: the truth tables."""

import pytest

from accounts.models import Organisation
from accounts.tests.factories import make_commissioner, make_organisation, make_region, make_seat
from returns import permissions
from returns.models import Submission
from returns.tests.factories import make_toy, make_world

pytestmark = pytest.mark.django_db

ROLES = (
    "PREVENT_OPERATIONAL_LEAD",
    "PREVENT_EDITOR",
    "PREVENT_DATA_SUBMITTER",
    "PREVENT_ACCOUNTABLE_LEAD",
    "PREVENT_PROVIDER_VIEWER",
)


def allowed(question, submission, organisation, roles=ROLES):
    found = set()
    for role in roles:
        if role.endswith("SUBMITTER") and not organisation.is_trust:
            continue
        place = 2 if role.endswith("SUBMITTER") else None
        if question(make_seat(role, organisation, place=place), submission):
            found.add(role.removeprefix("PREVENT_"))
    return found


@pytest.mark.parametrize(
    ("question", "trust", "other_provider"),
    [
        (
            permissions.can_fill_in,
            {"OPERATIONAL_LEAD", "EDITOR", "DATA_SUBMITTER"},
            {"OPERATIONAL_LEAD", "EDITOR"},
        ),
        (permissions.can_send_for_sign_off, {"DATA_SUBMITTER"}, {"OPERATIONAL_LEAD"}),
        (permissions.can_sign_off, {"ACCOUNTABLE_LEAD"}, {"ACCOUNTABLE_LEAD"}),
        (permissions.can_record_receipt, {"DATA_SUBMITTER"}, set()),
        (permissions.can_review, set(), set()),
        (permissions.can_decide, set(), set()),
        (permissions.can_extend, set(), set()),
    ],
)
def test_what_each_role_of_a_provider_may_do(question, trust, other_provider):
    of_trust = make_world("ZZT01")
    of_other = make_world("ZZP01", kind=Organisation.Kind.INDEPENDENT_PROVIDER)

    assert allowed(question, of_trust.submission, of_trust.trust) == trust
    assert allowed(question, of_other.submission, of_other.trust) == other_provider


@pytest.mark.parametrize("role", ROLES)
def test_nobody_does_anything_to_another_organisations_return(role):
    world = make_world()
    stranger = make_seat(role, make_organisation())

    questions = [value for name, value in vars(permissions).items() if name.startswith("can_")]
    of_a_return = [item for item in questions if item.__code__.co_varnames[:2] == ("seat", "submission")]
    assert len(of_a_return) > 8
    assert not any(question(stranger, world.submission) for question in of_a_return)
    assert not Submission.objects.visible_to(stranger).exists()


def test_a_type_without_review_is_reviewed_by_nobody():
    toy, owners = make_toy()

    assert not permissions.can_review(owners[0], toy)
    assert permissions.can_fill_in(owners[1], toy)


def test_a_role_of_one_type_counts_for_nothing_in_another():
    toy, owners = make_toy()
    lead = make_seat("PREVENT_OPERATIONAL_LEAD", owners[0].organisation)

    assert not permissions.can_fill_in(lead, toy)
    assert not Submission.objects.visible_to(lead).exists()


class TestSeeing:
    def test_owner_recipient_region_and_nation_see_a_return_and_nobody_else(self):
        world = make_world()
        region = make_region()
        Organisation.objects.filter(pk=world.trust.pk).update(region=region)
        national = make_organisation(kind=Organisation.Kind.OTHER)

        def sees(role, organisation):
            return Submission.objects.visible_to(make_seat(role, organisation)).exists()

        assert sees("PREVENT_PROVIDER_VIEWER", world.trust)
        assert sees("PREVENT_COMMISSIONER_VIEWER", world.commissioner)
        assert sees("PREVENT_REGIONAL_VIEWER", region)
        assert sees("NATIONAL_ADMINISTRATOR", national)
        assert not sees("PREVENT_COMMISSIONER_LEAD", make_commissioner())
        assert not sees("PREVENT_REGIONAL_VIEWER", make_region())
        assert not sees("USER_ADMINISTRATOR", world.trust)
        assert not Submission.objects.visible_to(None).exists()

    def test_a_commissioner_keeps_the_return_of_a_period_after_the_provider_moved(self):
        from django.db.backends.postgresql.psycopg_any import DateRange

        from accounts.models import OrganisationLink
        from accounts.tests.factories import A_LONG_AGO_DAY, make_link

        world = make_world()
        new = make_commissioner()
        OrganisationLink.objects.update(during=DateRange(A_LONG_AGO_DAY, world.period.ends.replace(day=30)))
        make_link(world.trust, new, since=world.period.ends.replace(day=30))

        assert Submission.objects.visible_to(world.reviewer).exists()
        assert not Submission.objects.visible_to(make_seat("PREVENT_COMMISSIONER_LEAD", new)).exists()
