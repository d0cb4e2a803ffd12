"""How complete a period is: of the returns owed, how many came, in time, and were accepted. One home for these words.

Every return owed is either *submitted* (a version of it has passed its check) or *missing*. A submitted one is *in time* or
late by its first submission, whatever happened to it since. A return that is not required counts nowhere. So no share
passes 100 %, and the numbers of every page add up.
"""

from django.db.models import Count, F, FilteredRelation, Q

from returns.models import Participant, Period, Submission
from returns.statistics import percent_text

OWED = ~Q(status=Submission.Status.NOT_REQUIRED)
MISSING = OWED & Q(standing_version=None)


def conditions(at, returns="", period="period__"):
    """What each number counts, as conditions on returns; `returns` and `period` are the ways there."""
    first, due = f"{returns}first_submitted_at", F(f"{period}due_at")
    owed = Q(**{f"{returns}isnull": False}) if returns else Q()
    owed &= ~Q(**{f"{returns}status": Submission.Status.NOT_REQUIRED})
    submitted = owed & Q(**{f"{returns}standing_version__isnull": False})
    missing = owed & Q(**{f"{returns}standing_version__isnull": True})
    return {
        "owed": owed,
        "submitted": submitted,
        "missing": missing,
        "in_time": submitted & Q(**{f"{first}__lte": due}),
        "late": submitted & Q(**{f"{first}__gt": due}) | missing & Q(**{f"{period}due_at__lt": at}),
        "accepted": submitted & Q(**{f"{returns}status": Submission.Status.ACCEPTED}),
    }


def counted(periods, at):
    """The periods with `owed`, `submitted`, `missing`, `in_time`, `accepted`, and `late`: submitted after the due moment,
    or still missing at `at`, after it. One query.
    """
    found = conditions(at, returns="submissions__", period="")
    return periods.annotate(**{name: Count("submissions", filter=condition) for name, condition in found.items()})


def period_counted(pk, at):
    """One period with its counts, or nothing."""
    return counted(Period.objects.select_related("collection").filter(pk=pk), at)


def totals(at):
    """The same numbers as aggregates, for a list of returns."""
    return {name: Count("pk", filter=condition) for name, condition in conditions(at).items()}


def by_commissioner(rows, at):
    """One row of counts for each lead commissioner of these returns, those without one last."""
    return _grouped(with_recipient(rows), "recipient__organisation__name", "No lead commissioner", at)


def by_region(rows, at):
    """One row of counts for each region, as it was when the period opened, those without one last."""
    return _grouped(rows, "region__name", "No region", at)


def with_recipient(rows):
    return rows.annotate(
        recipient=FilteredRelation("participants", condition=Q(participants__part=Participant.Part.RECIPIENT))
    )


def non_submitters(rows):
    """The returns among these that are missing, with what a list of them shows."""
    return (
        with_recipient(rows.missing())
        .annotate(
            commissioner_code=F("recipient__organisation__code"), commissioner_name=F("recipient__organisation__name")
        )
        .select_related("subject", "period__collection")
        .order_by("subject__code", "pk")
    )


def _grouped(rows, name, otherwise, at):
    found = conditions(at)
    counts = (
        rows.filter(found["owed"])
        .order_by()
        .values(group=F(name))
        .annotate(**{key: Count("pk", filter=condition, distinct=True) for key, condition in found.items()})
        .order_by(F("group").asc(nulls_last=True))
    )
    return [
        row
        | {
            "group": row["group"] or otherwise,
            "submitted_text": percent_text(row["submitted"], row["owed"]),
            "in_time_text": percent_text(row["in_time"], row["owed"]),
        }
        for row in counts
    ]
