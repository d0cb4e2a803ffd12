"""What happened (events and their seal) and who must be told (notices). Knows no person and no organisation: only ids."""

import pgtrigger
from django.db import models


class Event(models.Model):
    """One line of the log, written in the transaction of the act. Ids and codes only, no personal data, no foreign keys."""

    at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True, blank=True)
    acting_for = models.CharField(max_length=20, blank=True)
    act = models.CharField(max_length=60)
    subject_type = models.CharField(max_length=40)
    subject_id = models.CharField(max_length=64)
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["subject_type", "subject_id", "id"], name="event_by_subject"),
            models.Index(fields=["actor_id", "id"], name="event_by_actor"),
        ]
        triggers = [pgtrigger.Protect(name="events_only_grow", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self):
        return f"{self.act} {self.subject_type} {self.subject_id}"


class EventSeal(models.Model):
    """The place of an event in the tamper-evident chain: gapless, each hash over the one before."""

    seq = models.BigIntegerField(primary_key=True)
    event_id = models.BigIntegerField(unique=True)
    hash = models.CharField(max_length=64)
    sealed_at = models.DateTimeField()

    class Meta:
        triggers = [pgtrigger.Protect(name="seals_only_grow", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self):
        return f"{self.seq}: {self.hash[:12]}"


class NoticeQuerySet(models.QuerySet):
    def shown_to(self, person_id):
        """A person's mailbox: everything but what they had lost the right to know."""
        return self.filter(person_id=person_id).exclude(state=Notice.State.DROPPED)

    def unread_by(self, person_id):
        return self.shown_to(person_id).filter(read_at__isnull=True)


class NoticeChoice(models.Model):
    """How one person wants to hear: whoever has none is mailed at once."""

    class Way(models.TextChoices):
        AT_ONCE = "AT_ONCE", "At once"
        DAILY = "DAILY", "Once a day"
        PORTAL = "PORTAL", "Only here"

    person_id = models.BigIntegerField(primary_key=True)
    way = models.CharField(max_length=10, choices=Way)
    chosen_at = models.DateTimeField()

    def __str__(self):
        return f"{self.person_id}: {self.get_way_display()}"


class Notice(models.Model):
    """One thing one person must be told: once per cause. Shown in the mailbox at once, sent by a worker, by e-mail.

    `in_digest` says that it waits for the daily summary; `is_always_mailed` that no choice keeps it from going at once.
    """

    class State(models.TextChoices):
        WAITING = "WAITING", "Waiting to be sent"
        SENT = "SENT", "Sent"
        KEPT = "KEPT", "Shown in the portal only"
        DROPPED = "DROPPED", "Not sent: the right to know had ended"
        STUCK = "STUCK", "Could not be sent"

    dedupe_key = models.CharField(max_length=120)
    person_id = models.BigIntegerField()
    membership_id = models.BigIntegerField(null=True, blank=True)
    subject = models.CharField(max_length=400)
    body = models.TextField(blank=True)
    link = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    in_digest = models.BooleanField(default=False)
    is_always_mailed = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["dedupe_key", "person_id"], name="a_person_is_told_once_per_cause"),
            models.CheckConstraint(
                condition=models.Q(state="SENT", sent_at__isnull=False) | ~models.Q(state="SENT"),
                name="a_sent_notice_has_a_time",
            ),
            models.CheckConstraint(
                condition=~models.Q(is_always_mailed=True) | (~models.Q(state="KEPT") & models.Q(in_digest=False)),
                name="what_is_always_mailed_goes_at_once",
            ),
        ]
        indexes = [
            models.Index(fields=["person_id", "-created_at"], name="notice_by_person"),
            models.Index(fields=["in_digest", "id"], name="notice_waiting", condition=models.Q(state="WAITING")),
        ]

    def __str__(self):
        return self.subject
