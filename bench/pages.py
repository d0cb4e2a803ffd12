"""How long pages take beside an empty one, with a year and with ten years of national history behind them.

The commissioner has 500 providers (half, where there are fewer). Each page is asked for in process, so that its time is
the portal's own: views, queries, templates and middleware, without the network.
"""

import gc
import json
import time
from statistics import median

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Membership
from accounts.sessions import mark_both_factors
from bench import history, world
from prevent.return_type import PREVENT
from returns import content
from returns.models import Submission

SIZE = 400
YEARS = (1, 10)
TIMES = 15
AIMS = {"quarter": 4, "review": 4, "return": 4, "report": 20}


def run(size):
    """The pages over `size` organisations; returns what the command prints."""
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    began = time.perf_counter()
    nation = history.make_nation(size, 4 * max(YEARS))
    newest = nation.periods[-4:]
    nation.returns_of(newest)
    pages = Pages(nation)
    found = {YEARS[0]: pages.measured()}
    nation.returns_of(nation.periods[:-4])
    found[YEARS[1]] = pages.measured()
    seconds = time.perf_counter() - began
    return {
        "name": "pages",
        "n": size,
        "seconds": round(seconds, 1),
        "per_second": max(1, round(nation.last_id / seconds)),
        "ratio": found[YEARS[1]]["quarter"]["ratio"],
        "ratio_to": "an empty page (the quarter page, with ten years behind it)",
        "returns": nation.last_id,
        "pages": {f"{years} year{'s' * (years > 1)}": figures for years, figures in found.items()},
        "lines": list(lines(found)),
    }


def lines(found):
    """A sentence for each page."""
    for name in found[YEARS[0]]:
        parts = []
        for years, figures in found.items():
            it = figures[name]
            parts.append(
                f"{years} year{'s' * (years > 1)}: {it['milliseconds']} ms, ratio {it['ratio']}, {it['queries']} queries"
            )
        aim = f" (aim {AIMS[name]})" if name in AIMS else ""
        yield f"{name}{aim}: {'; '.join(parts)}."


class Pages:
    """The people and their pages: a commissioner's, a provider's, a region's."""

    def __init__(self, nation):
        self.size = len(nation.providers)
        period = history.last_period()
        rows = Submission.objects.filter(period=period, participants__organisation_id=1)
        under_review = rows.filter(status="IN_REVIEW").first() or rows.filter(standing_version__isnull=False).first()
        being_filled_in = rows.filter(status="DRAFT").first() or rows.first()
        _fill_in(being_filled_in)
        reviewer = signed_in(Membership.objects.get(organisation_id=1, role="PREVENT_COMMISSIONER_LEAD"))
        lead = signed_in(_seat(nation.person, being_filled_in.subject_id, "PREVENT_OPERATIONAL_LEAD"))
        region = signed_in(_seat(nation.person, being_filled_in.subject.region_id, "PREVENT_REGIONAL_VIEWER"))
        self.asked = {
            "empty": (lead, reverse("mailbox")),
            "quarter": (reviewer, reverse("returns:quarter")),
            "review": (reviewer, reverse("returns:review", args=[under_review.uuid])),
            "return": (lead, reverse("returns:return", args=[being_filled_in.uuid])),
            "report": (reviewer, reverse("returns:report")),
            "report of a region": (region, reverse("returns:report")),
            "trends": (reviewer, reverse("returns:provider", args=[under_review.subject.code])),
            "differences": (reviewer, reverse("returns:differences")),
        }

    def measured(self):
        """Milliseconds, their ratio to the empty page's, and queries, of each page."""
        times = {name: [] for name in self.asked}
        gc.collect()
        for _ in range(min(TIMES, self.size)):
            for name, (client, address) in self.asked.items():
                before = time.perf_counter()
                get(client, address)
                times[name].append(time.perf_counter() - before)
        empty = median(times["empty"])
        return {
            name: {
                "milliseconds": round(1000 * median(taken), 1),
                "ratio": round(median(taken) / empty, 1),
                "queries": queries_of(*self.asked[name]),
            }
            for name, taken in times.items()
        }


def get(client, address):
    response = client.get(address)
    if response.status_code != 200:
        raise RuntimeError(f"{address} answered {response.status_code}: the figures mean nothing.")


def queries_of(client, address):
    with CaptureQueriesContext(connection) as queries:
        get(client, address)
    return len(queries)


def _seat(person, organisation_id, role):
    during = DateTimeTZRange(world.MORNING, None)
    return Membership.objects.create(person=person, organisation_id=organisation_id, role=role, during=during)


def signed_in(seat):
    """A browser of this seat, signed in with both factors."""
    client = Client()
    client.force_login(seat.person, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    mark_both_factors(session, seat.person)
    session["seat"] = seat.pk
    session.save()
    cache.clear()
    return client


def _fill_in(submission):
    """The working copy of a return that is nearly done: the answers of its provider's last accepted one."""
    last = Submission.objects.filter(subject_id=submission.subject_id, standing_version__isnull=False)
    payload = last.order_by("-period__ends").values_list("standing_version__content__payload", flat=True).first()
    answers = content.from_payload(PREVENT.questions, json.loads(bytes(payload)))
    PREVENT.content_model.objects.create(submission=submission, absent=answers.absent, **answers.values)
