"""How complete a period is: of the returns owed, how many came, in time, and were accepted. Shares never pass 100 %."""

from django.db.models import Count, F, FilteredRelation, Q

from returns.models import Participant, Period, Submission
from returns.statistics import percent_text

OWED = ~Q(status=Submission.Status.NOT_REQUIRED)


def counted(periods, at):
    """The periods with `owed`, `submitted` (at least once), `accepted`, and `late`: submitted after the due moment, or
    still missing at `at`, after it. One query.
    """
    owed = Q(submissions__isnull=False) & ~Q(submissions__status=Submission.Status.NOT_REQUIRED)
    submitted = owed & Q(submissions__first_submitted_at__isnull=False)
    missing = owed & Q(submissions__first_submitted_at__isnull=True, due_at__lt=at)
    late = Q(submissions__first_submitted_at__gt=F("due_at"))
    return periods.annotate(
        owed=Count("submissions", filter=owed),
        submitted=Count("submissions", filter=submitted),
        accepted=Count("submissions", filter=Q(submissions__status=Submission.Status.ACCEPTED)),
        late=Count("submissions", filter=(submitted & late) | missing),
    )


def by_commissioner(period):
    """One row of counts for each lead commissioner, those without one last."""
    rows = period.submissions.annotate(
        recipient=FilteredRelation("participants", condition=Q(participants__part=Participant.Part.RECIPIENT))
    )
    return _grouped(rows, "recipient__organisation__name", "No lead commissioner")


def by_region(period):
    """One row of counts for each region of the providers, those without one last."""
    return _grouped(period.submissions.all(), "subject__region__name", "No region")


def non_submitters(period):
    """The returns owed of which no version passed its check, with what a list of them shows."""
    return (
        period.submissions.owed()
        .filter(standing_version__isnull=True)
        .annotate(
            recipient=FilteredRelation("participants", condition=Q(participants__part=Participant.Part.RECIPIENT))
        )
        .annotate(
            commissioner_code=F("recipient__organisation__code"), commissioner_name=F("recipient__organisation__name")
        )
        .select_related("subject")
        .order_by("subject__code")
    )


def _grouped(rows, name, otherwise):
    handed_in = Q(first_submitted_at__isnull=False)
    counts = (
        rows.filter(OWED)
        .values(group=F(name))
        .annotate(
            owed=Count("pk", distinct=True),
            submitted=Count("pk", filter=handed_in, distinct=True),
            in_time=Count("pk", filter=Q(first_submitted_at__lte=F("period__due_at")), distinct=True),
        )
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


def period_counted(pk, at):
    """One period with its counts, or nothing."""
    return counted(Period.objects.select_related("collection").filter(pk=pk), at)
