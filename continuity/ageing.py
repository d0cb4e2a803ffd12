"""What the rules say of a row changes with the calendar, though nobody changes the row: a window closes, a TOP is overdue.

After midnight the open sheets on which that may have happened are judged again. Whether it may have is asked of the dates on
the rows (TURNS), so that a sheet on which nothing can have changed costs its share of one query.
"""

import logging

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.row_security import as_system
from continuity.engagement import LAST_WEEK, SPOC_DAYS, START_TOP
from continuity.models import Sheet
from continuity.windows import TOP_CLOSES, TOP_OPENS, WINDOW
from returns import workflow
from returns.models import Submission

logger = logging.getLogger(__name__)
SHEETS_AT_ONCE = 10  # that the clock judges in a minute, beside its other work
# So many days after a date on a row, some rule may speak differently from the day before
TURNS = {
    "P11": (0, LAST_WEEK, WINDOW + 1, TOP_OPENS, TOP_CLOSES + 1),
    "C33": (START_TOP + 1,),
    "C45b": (START_TOP + 1,),
}
AFTER_SPOC = SPOC_DAYS + 1
AGED = """
    WITH waiting AS (
        SELECT submission_id AS sheet_id, pair_id,
               coalesce(judged_on, (released_at AT TIME ZONE %(zone)s)::date) AS judged_on
        FROM continuity_sheet WHERE submission_id = ANY(%(sheets)s)
    ), days AS (
        SELECT sheet_id, judged_on, sent->>'P11' AS day, %(P11)s AS turns
        FROM waiting JOIN continuity_referral USING (sheet_id)
        UNION ALL
        SELECT sheet_id, judged_on, answers->>'C33', %(C33)s
        FROM waiting JOIN continuity_referral USING (sheet_id)
        UNION ALL
        SELECT sheet_id, judged_on, given->>'C45b', %(C45b)s
        FROM waiting JOIN continuity_referral USING (sheet_id), jsonb_array_elements(interventions) AS given
        UNION ALL
        SELECT sheet_id, judged_on, ((confirmed_at AT TIME ZONE %(zone)s)::date)::text, %(spoc)s
        FROM waiting JOIN continuity_pair AS pair ON pair.id = pair_id
        JOIN continuity_spocentry_areas AS of_area ON of_area.area_id = pair.area_id
        JOIN continuity_spocentry AS entry ON entry.id = of_area.spocentry_id
    )
    SELECT DISTINCT sheet_id FROM days, unnest(turns) AS turn
    WHERE day > (judged_on - turn)::text AND day <= (%(today)s - turn)::text
"""


def judge_aged(*, at):
    """Judges open sheets again on which the rules may say something else than when they were last judged; some at once,
    the others the next minute. Returns how many. Nobody is told: what needs somebody stands on the pages.
    """
    today = timezone.localdate(at)
    sheets = Sheet.objects.filter(
        Q(judged_on=None) | Q(judged_on__lt=today),
        submission__status__in=Submission.BEING_FILLED_IN,
        recalled_at=None,
        expires_on__gte=today,
        audit__purged_at=None,
    )
    waiting = set(sheets.values_list("pk", flat=True))
    aged = _aged(waiting, today) if waiting else set()
    Sheet.objects.filter(pk__in=waiting - aged).update(judged_on=today)
    now = sorted(aged)[:SHEETS_AT_ONCE]
    with as_system("ageing"):
        for pk in now:
            try:
                _judge(pk, today)
            except Exception:  # one sheet that cannot be judged keeps no other waiting
                logger.exception("Sheet %s could not be judged again; the next minute tries again.", pk)
    return len(now)


def _aged(sheets, today):
    """Which of the sheets hold a date that has turned since they were last judged."""
    values = {"sheets": list(sheets), "today": today, "zone": settings.TIME_ZONE, "spoc": [AFTER_SPOC]}
    values |= {id: list(turns) for id, turns in TURNS.items()}
    with connection.cursor() as cursor:
        cursor.execute(AGED, values)
        return {pk for (pk,) in cursor.fetchall()}


@transaction.atomic
def _judge(pk, today):
    sheet = Sheet.objects.select_related("submission").get(pk=pk)
    workflow.judge_rows_again(sheet.submission)
    Sheet.objects.filter(pk=pk).update(judged_on=today)
