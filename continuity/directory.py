"""The directory of single points of contact: kept by the services themselves, chased by the clock.

Source: guidance of 2018, recommendation 6. The twelve months after which an entry counts as unconfirmed are rule REF-14.
"""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import Membership, Organisation
from continuity.models import Pair, SpocChange, SpocEntry
from continuity.roles import RETURN_TYPE, AuditAct
from journal import events, notices
from journal.refused import Refused

CONFIRMED_FOR = timedelta(days=365)
REMINDED_AGAIN_AFTER = timedelta(days=30)
MOST_MEANT = 5

TEXTS = ("service", "contact_person", "phone", "secure_email", "address", "hours")
LISTS = ("areas", "feeder_prisons")
LABELS = {
    "service": "Service",
    "contact_person": "Contact person",
    "phone": "Telephone",
    "secure_email": "Secure email",
    "address": "Address",
    "hours": "Opening hours",
    "areas": "Areas served",
    "feeder_prisons": "Prisons that refer to it",
}
COLUMNS = ("organisation_code", *TEXTS, *LISTS, "confirmed_on", "is_confirmed")


def is_unconfirmed(confirmed_at, now):
    """REF-14: whether an entry was last confirmed more than twelve months ago."""
    return now - confirmed_at > CONFIRMED_FOR


def entries_for_list():
    """With what every list shows: constant queries, whatever their number."""
    return SpocEntry.objects.select_related("organisation").prefetch_related("areas", "feeder_prisons")


def matching(entries, words):
    """Those whose service, person, area (name or DAT code) or prison matches the words."""
    if not words:
        return entries
    found = SpocEntry.objects.filter(
        Q(service__icontains=words)
        | Q(organisation__name__icontains=words)
        | Q(contact_person__icontains=words)
        | Q(areas__name__icontains=words)
        | Q(areas__dat_code__iexact=words)
        | Q(feeder_prisons__name__icontains=words)
    )
    return entries.filter(pk__in=found.values("pk"))


def values_of(entry):
    """The entry as `save` takes it: texts, and lists of areas and prisons."""
    return {name: getattr(entry, name) for name in TEXTS} | {
        name: sorted(getattr(entry, name).all(), key=lambda item: item.name) for name in LISTS
    }


def near(organisation):
    """By list, which areas and prisons a service is offered first: those of its region, and those it audits with."""
    pairs = Pair.objects.filter(service=organisation)
    areas, prisons = Q(pk__in=pairs.values("area")), Q(pk__in=pairs.values("prison"))
    if organisation.region_id:
        areas |= Q(local_authority__region=organisation.region_id)
        prisons |= Q(region=organisation.region_id)
    return {"areas": areas, "feeder_prisons": prisons}


def named(rows, lines, code):
    """What is meant by names or codes, one on a line, in a query set whose rows have a `name` and a `code`: (the rows that
    were found, a sentence for each line that means none or several). A part of a name is enough where one has it.
    """
    found, unclear = [], []
    for words in dict.fromkeys(line.strip() for line in lines.splitlines() if line.strip()):
        short = words.rstrip(")").rpartition("(")[2]  # as pages write it: Larkmoor (A10B)
        exact = rows.filter(Q(name__iexact=words) | Q(**{f"{code}__iexact": short}))[:MOST_MEANT]
        meant = list(exact) or list(rows.filter(name__icontains=words)[:MOST_MEANT])
        if len(meant) == 1:
            found += meant
        elif meant:
            unclear.append(f"“{words}” can mean {', '.join(str(item) for item in meant)}. Write the code.")
        else:
            unclear.append(f"“{words}” is not known here. Write the name or the code.")
    return found, unclear


@transaction.atomic
def save(organisation, given, *, revision, by, at):
    """Writes the organisation's entry, which confirms it as well; tells the feeder prisons, old and new, what to look at.

    `given` has TEXTS as text and LISTS as lists; `revision` is the one the form was shown with (0 for a new entry).
    Raises Refused where somebody else has changed the entry since.
    """
    given = given | {name: "\n".join(given[name].splitlines()) for name in TEXTS}  # a browser ends lines in its own way
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)  # two people may begin the first entry
    entry = SpocEntry.objects.filter(organisation=organisation).first()
    if revision != (entry.revision if entry else 0):
        raise Refused("Somebody else has changed this entry since you opened it. Look at it once more.")
    before = values_of(entry) if entry else dict.fromkeys(TEXTS, "") | {name: [] for name in LISTS}
    changes = {
        name: [_said(before[name]), _said(given[name])] for name in before if _said(before[name]) != _said(given[name])
    }
    if not changes:
        return confirm(entry, by=by, at=at)
    is_new = entry is None
    entry = entry or SpocEntry(organisation=organisation)
    for name in TEXTS:
        setattr(entry, name, given[name])
    entry.revision += 1
    _mark_confirmed(entry, by, at)
    for name in LISTS:
        getattr(entry, name).set(given[name])
    SpocChange.objects.create(entry=entry, revision=entry.revision, changes=changes, by=by.person, at=at)
    events.record(
        "SPOC entry created" if is_new else "SPOC entry changed",
        subject=("organisation", organisation.code),
        by=by,
        at=at,
        detail={"revision": entry.revision, "fields": sorted(changes)},
    )
    _tell_prisons(entry, {*before["feeder_prisons"], *given["feeder_prisons"]}, at)
    return entry


def _said(value):
    return value if isinstance(value, str) else "; ".join(sorted(str(item) for item in value))


@transaction.atomic
def confirm(entry, *, by, at):
    """The SPOC says that everything is still right."""
    _mark_confirmed(entry, by, at)
    events.record("SPOC entry confirmed", subject=("organisation", entry.organisation.code), by=by, at=at)
    return entry


def _mark_confirmed(entry, by, at):
    entry.confirmed_at, entry.confirmed_by, entry.reminded_at = at, by.person, None
    entry.save()


def _tell_prisons(entry, prisons, at):
    senders = seats_that(AuditAct.SEND_REFERRALS, prisons, at)
    notices.tell(
        [
            notices.Telling(
                cause=f"SPOC entry {entry.pk} revision {entry.revision}",
                recipients=frozenset(senders),
                subject=f"The contact details of {entry.service} have changed",
                link=f"/continuity/spoc/{entry.organisation.code}/",
                body="Use the new details for the next referral.",
            )
        ],
        at=at,
    )


def seats_that(act, organisations, at):
    """The present seats in these organisations whose role may do `act` for continuity."""
    return list(
        Membership.objects.active_at(at).with_role_that(act, RETURN_TYPE).filter(organisation__in=organisations)
    )


def chase_unconfirmed(*, at):
    """Reminds the SPOCs of entries not confirmed for twelve months, once in 30 days. Returns how many entries."""
    with transaction.atomic():
        due = list(
            SpocEntry.objects.filter(confirmed_at__lt=at - CONFIRMED_FOR)
            .filter(Q(reminded_at=None) | Q(reminded_at__lt=at - REMINDED_AGAIN_AFTER))
            .select_for_update(skip_locked=True, of=("self",))
            .select_related("organisation")
        )
        keepers = {}
        for seat in seats_that(AuditAct.KEEP_SPOC_ENTRY, [entry.organisation for entry in due], at) if due else []:
            keepers.setdefault(seat.organisation_id, set()).add(seat)
        notices.tell(
            [
                notices.Telling(
                    cause=f"SPOC entry {entry.pk} unconfirmed {at.date()}",
                    recipients=frozenset(keepers.get(entry.organisation_id, ())),
                    subject="Confirm your entry in the SPOC directory",
                    link=f"/continuity/spoc/{entry.organisation.code}/",
                    body="It was last confirmed more than 12 months ago. Prisons rely on it.",
                )
                for entry in due
            ],
            at=at,
        )
        SpocEntry.objects.filter(pk__in=[entry.pk for entry in due]).update(reminded_at=at)
        events.record_many(
            {"act": "SPOC entry chased", "subject": ("organisation", entry.organisation.code), "at": at}
            for entry in due
        )
    return len(due)


def rows_of(entries, now):
    """The directory as a table, a row for each entry in the order of COLUMNS."""
    for entry in entries:
        yield (
            entry.organisation.code,
            *(getattr(entry, name) for name in TEXTS),
            "; ".join(area.dat_code for area in entry.areas.all()),
            "; ".join(prison.name for prison in entry.feeder_prisons.all()),
            timezone.localdate(entry.confirmed_at).isoformat(),
            "No" if is_unconfirmed(entry.confirmed_at, now) else "Yes",
        )
