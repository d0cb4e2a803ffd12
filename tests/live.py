"""A real worker on the database of the tests, and people at their browsers."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone
from playwright.sync_api import expect

from accounts.tests.factories import sign_in
from assurance_portal.launcher.keeper import die_with_parent
from prevent.questions import QUESTIONS
from returns.content import Kind
from returns.models import Period
from returns.tests.factories import make_world, reload

PATIENCE = 20  # seconds; nothing that these tests wait for takes nearly as long
KINDS = {question.name: question.kind for question in QUESTIONS}


def until(condition, what, seconds=PATIENCE):
    """Waits for something that happens in another process or thread; returns what the condition gave."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"Waited {seconds} seconds in vain: {what}"
        time.sleep(0.02)
    return found


def make_open_world(**options):
    """The ordinary trust and its return, in a quarter that closes in some days: a browser knows only the present."""
    world = make_world(**options)
    now = timezone.now()
    Period.objects.filter(pk=world.period.pk).update(due_at=now + timedelta(days=5), closes_at=now + timedelta(days=10))
    world.period.refresh_from_db()
    world.submission = reload(world.submission)
    return world


# The worker


class Worker:
    """A Celery worker in a process of its own, by the role that workers have, on the services of this session."""

    def __init__(self, files):
        place = urlsplit(os.environ["DATABASE_URL"])
        database = urlunsplit(place._replace(path=f"/{connection.settings_dict['NAME']}"))
        about = {"DATABASE_URL": database, "DATABASE_ROLE": "portal_app", "PORTAL_FILES": str(files)}
        words = "-W ignore:::celery.platforms -m celery --quiet --app assurance_portal worker --pool solo"
        alone = "--loglevel WARNING --without-gossip --without-mingle --without-heartbeat"
        self.process = subprocess.Popen(
            [sys.executable, *words.split(), *alone.split()],
            cwd=settings.BASE_DIR,
            env=os.environ | about,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=lambda: die_with_parent(signal.SIGKILL),
        )

    def kill(self):
        """As a power cut would."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise


# People


class Desk:
    """Somebody at a browser of their own. What the browser complains of is kept, and asked for at the end."""

    def __init__(self, browser, address, seat=None, **options):
        self.address = address
        self.complaints = []
        self.context = browser.new_context(base_url=address, **options)
        self.context.set_default_timeout(PATIENCE * 1000)
        if seat:
            self.sign_in(seat)
        self.page = self.another_tab()

    def sign_in(self, seat):
        session = sign_in(Client(), seat).cookies["session"].value
        self.context.add_cookies([{"name": "session", "value": session, "url": self.address}])

    def another_tab(self):
        page = self.context.new_page()
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        return page

    def _hear(self, message):
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def open(self, address):
        self.page.goto(address)
        return self.page

    def press(self, name, role="button"):
        self.page.get_by_role(role, name=name, exact=True).click()

    def sees(self, words):
        expect(self.page.locator("body")).to_contain_text(words, timeout=PATIENCE * 1000)


def answer(page, name, value):
    """Gives one answer as a person does."""
    kind = KINDS[name]
    if kind is Kind.YES_NO:
        page.locator(f"[name={name}][value={'yes' if value else 'no'}]").check()
    elif kind is Kind.DAY:
        for part in ("day", "month", "year"):
            page.locator(f"[name={name}_{part}]").fill(str(getattr(value, part)))
    elif kind is Kind.COUNT:
        page.locator(f"[name={name}]").fill("")
        page.locator(f"[name={name}]").press_sequentially(str(value))
    else:
        page.locator(f"[name={name}]").fill(value)


def fill_in(page, spec, given):
    """Answers the questions of the section that the page shows."""
    for question in spec.questions:
        if given.get(question.name) is not None:
            answer(page, question.name, given[question.name])
