"""Who has not submitted, and whom to ask: as a file for commissioners, regions and the national administrator."""

from django.db.models import OuterRef, Subquery

from accounts.models import Membership
from accounts.roles import Act, all_roles
from returns import completeness, outgoing, versions
from returns.csv_table import csv_table
from returns.models import Submission
from returns.registry import type_of

COLUMNS = (
    *("organisation_code", "organisation_name", "organisation_kind"),
    *("lead_commissioner_code", "lead_commissioner_name"),
    *("lead_name", "lead_email", "status"),
)
POLICY = "party to the returns: names and work contacts of leads"


def send_list(period, rows, *, by, at):
    """The list of the missing ones among `rows` (returns of the period) as (file name, bytes); that it leaves is written
    down first.
    """
    missing = list(completeness.non_submitters(rows))
    leads = leads_of(period, missing)
    data = csv_table(COLUMNS, [_line(row, leads[row.pk]) for row in missing])
    name = f"{period.return_type}-{period.key}-not-submitted.csv"
    outgoing.send_out(
        kind="non-submitters",
        name=name,
        data=data,
        recipient=by.organisation.name,
        policy=POLICY,
        rows=len(missing),
        versions=[],
        by=by,
        at=at,
    )
    return name, data


def _line(row, lead):
    about = (row.subject.code, row.subject.name, row.subject.get_kind_display())
    return (*about, row.commissioner_code, row.commissioner_name, *lead, row.get_status_display())


def leads_of(period, missing):
    """{submission id: (name, address)} of whom to ask: the lead that the organisation's last return named, else whoever
    holds the lead's role; empty where nobody is known.
    """
    named = _named_in_last_return(period, missing)
    members = _members(period, missing)
    return {row.pk: named.get(row.pk) or members.get(row.subject_id) or ("", "") for row in missing}


def _named_in_last_return(period, missing):
    national = type_of(period).national_files
    if national is None:
        return {}
    last_passed = Submission.objects.filter(
        subject=OuterRef("subject"),
        period__collection=OuterRef("period__collection"),
        period__ends__lt=OuterRef("period__ends"),
        standing_version__isnull=False,
    ).order_by("-period__ends")
    last = dict(
        Submission.objects.filter(pk__in=[row.pk for row in missing])
        .annotate(last_passed=Subquery(last_passed.values("pk")[:1]))
        .filter(last_passed__isnull=False)
        .values_list("pk", "last_passed")
    )
    earlier = (
        Submission.objects.filter(pk__in=last.values())
        .select_related("period__collection", "standing_version__content")
        .in_bulk()
    )
    return {
        pk: national.lead_of(versions.answers_in(earlier[before].standing_version, type_of(period)))
        for pk, before in last.items()
    }


def _members(period, missing):
    rows = Membership.objects.filter(
        organisation_id__in=[row.subject_id for row in missing],
        role__in=_lead_roles(type_of(period)),
        during__contains=period.due_at,
        person__is_active=True,
    ).select_related("person")
    return {row.organisation_id: (row.person.name, row.person.email) for row in rows.order_by("-pk")}


def _lead_roles(return_type):
    if return_type.national_files:
        return [return_type.national_files.lead_role]
    return [role.key for role in all_roles().values() if role.may(Act.SEND_FOR_SIGN_OFF, return_type.slug)]
