"""Which reminders have gone out, so that none goes out twice."""

from django.conf import settings
from django.db import models

from accounts.models import Organisation
from returns.models.periods import Period
from returns.models.submissions import Submission

PERSON = settings.AUTH_USER_MODEL


class ReminderRun(models.Model):
    """One step of a period's schedule whose reminders were written: by one clock, once."""

    period = models.ForeignKey(Period, models.PROTECT, related_name="reminder_runs")
    step = models.CharField(max_length=20)
    on = models.DateField()
    ran_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["period", "step", "on"], name="a_step_of_reminders_runs_once")]

    def __str__(self):
        return f"{self.step} of {self.period_id} on {self.on}"


class Reminder(models.Model):
    """A reminder that a commissioner sent to the owners of a return that was not submitted."""

    submission = models.ForeignKey(Submission, models.PROTECT, related_name="reminders")
    on = models.DateField()
    sent_by = models.ForeignKey(PERSON, models.PROTECT, related_name="+")
    sent_for = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    sent_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["submission", "on"], name="a_return_is_reminded_once_a_day")]

    def __str__(self):
        return f"reminder of {self.submission_id} on {self.on}"
