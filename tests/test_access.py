"""Every route, for every role: own and other organisation, signed out, and without a second factor."""

from dataclasses import dataclass

import pytest
from django.db import transaction
from django.test import Client, override_settings
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from accounts import invitations
from accounts.keys import keys_for
from accounts.middleware import OPEN_ROUTES
from accounts.models import KeptForm, Organisation, SubmitterRequest
from accounts.roles import all_roles
from accounts.tests.factories import (
    make_commissioner,
    make_organisation,
    make_person,
    make_region,
    make_seat,
    make_trait,
    sign_in,
)
from journal.models import Notice
from journal.notices import Telling, tell
from returns import exports, uploads
from returns.models import Export, Rebase
from returns.registry import return_types
from returns.tests.dealings import make_dealings
from returns.tests.factories import make_query, make_world, submit_and_check
from returns.tests.test_proformas import make_form
from returns.tests.test_uploads import bring, workbook_of
from tests.access_table import EVERYBODY, FACTORS, OPEN, ROUTES
from tests.continuity_place import continuity_arguments, continuity_seats

pytestmark = pytest.mark.django_db


def routes(resolver=None, prefix=""):
    """The names of all routes of the resolver."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix
            yield from routes(pattern, inner)
        elif isinstance(pattern, URLPattern):
            yield f"{prefix}{pattern.name}"


ALL = sorted(set(routes()))
OF_A_FORM = ("proforma_version", "preview_proforma", "make_proforma_current", "withdraw_proforma")
OF_AN_UPLOAD = ("upload", "take_over_upload", "leave_upload", "retry_upload", "annotated_copy")
FOR_ROLES = [name for name in ALL if isinstance(ROUTES.get(name), tuple)]


def test_every_route_stands_in_the_table():
    assert set(ALL) == set(ROUTES)


def test_the_open_routes_are_those_of_the_table_and_the_sign_in_pages():
    sign_in_pages = {name for name, rule in ROUTES.items() if rule == FACTORS}
    assert {name for name in OPEN_ROUTES if name in ALL} - sign_in_pages == {
        name for name, rule in ROUTES.items() if rule == OPEN
    }


@dataclass
class Place:
    """The world the table is about: one return under review, and what the addresses of the routes need."""

    seats: dict
    arguments: dict

    def address(self, name):
        pattern = next(iter(self.arguments.get(name, self.arguments.get(name.partition(":")[0], [{}]))))
        return reverse(name, kwargs=pattern)


def make_place():
    region, other_region = make_region(), make_region()
    world = make_world()
    Organisation.objects.filter(pk__in=[world.trust.pk, world.commissioner.pk]).update(region=region)
    workbook = bring(world.submission, workbook_of(world.submission), world.lead)
    uploads.check_waiting(at=timezone.now())
    submit_and_check(world)
    between = make_dealings(world)
    query = make_query(world)
    elsewhere = make_organisation(region=other_region)
    make_trait(elsewhere, "MENTAL_HEALTH_PROVIDER")
    national = make_organisation("ZZN01", kind=Organisation.Kind.OTHER)
    administrator = make_seat("NATIONAL_ADMINISTRATOR", national)
    seats = {
        "lead": world.lead,
        "editor": make_seat("PREVENT_EDITOR", world.trust),
        "submitter": world.submitter,
        "signer": world.signer,
        "provider viewer": make_seat("PREVENT_PROVIDER_VIEWER", world.trust),
        "commissioner lead": world.reviewer,
        "reviewer": make_seat("PREVENT_REVIEWER", world.commissioner),
        "commissioner viewer": make_seat("PREVENT_COMMISSIONER_VIEWER", world.commissioner),
        "regional viewer": make_seat("PREVENT_REGIONAL_VIEWER", region),
        "administrator": administrator,
        "lead elsewhere": make_seat("PREVENT_OPERATIONAL_LEAD", elsewhere),
        "commissioner lead elsewhere": make_seat("PREVENT_COMMISSIONER_LEAD", make_commissioner()),
        "regional viewer elsewhere": make_seat("PREVENT_REGIONAL_VIEWER", other_region),
        "user administrator": make_seat("USER_ADMINISTRATOR", world.trust),
        "user administrator elsewhere": make_seat("USER_ADMINISTRATOR", elsewhere),
        "nobody": make_person(),
    } | continuity_seats(national)
    form = make_form(administrator)
    export = exports.ask(world.period, by=administrator, at=timezone.now())
    pdf = exports.ask(world.period, by=seats["commissioner lead"], at=timezone.now(), kind=Export.Kind.REPORT)
    exports.write_waiting(at=timezone.now())
    report = exports.ask(world.period, by=seats["commissioner lead"], at=timezone.now(), kind=Export.Kind.REPORT)
    Export.objects.filter(pk=report.pk).update(state=Export.State.STUCK)
    rebase = Rebase.objects.create(
        return_type="prevent",
        organisation=world.trust,
        measure="training_l3",
        period=world.period,
        reason="A merger",
        set_by=world.lead,
        set_at=timezone.now(),
    )
    tell([Telling("test", frozenset({world.lead}), "Hello", "/")], at=timezone.now())
    now = timezone.now()
    typed = KeptForm.objects.create(
        person=world.lead.person,
        page=reverse("returns:section", args=[world.submission.uuid, "training"]),
        action=reverse("returns:section", args=[world.submission.uuid, "training"]),
        seat_id=world.lead.pk,
        sealed=keys_for("accounts.kept").encrypt(b'{"staff_total": ["12"]}'),
        kept_at=now,
    )
    invitation = invitations.invite(
        name="New Person",
        email="new.person@trust.example",
        role="PREVENT_EDITOR",
        organisation=world.trust,
        by=administrator,
        at=now,
    )
    request = SubmitterRequest.objects.create(
        membership=world.submitter, text="Please", asked_by=administrator.person, asked_at=now
    )
    trait = world.trust.traits.first()
    uuid, code = world.submission.uuid, world.trust.code
    one = {"uuid": uuid}
    period = {"pk": world.period.pk}
    arguments = {
        "help": [{"slug": "prevent"}],
        "open_notice": [{"pk": Notice.objects.last().pk}],
        "returns:section": [one | {"slug": "training"}],
        "returns:version": [one | {"number": 1}],
        "returns:version_download": [one | {"number": 1}],
        "returns:export": [{"uuid": export.uuid}],
        "returns:export_download": [{"uuid": export.uuid}],
        **{
            f"returns:{name}": [{}]
            for name in ("escalations", "ladders", "new_ladder", "actions", "actions_download", "waivers", "visits")
        },
        **{f"returns:{name}": [{"uuid": between.visit.uuid}] for name in ("visit", "change_visit")},
        **{f"returns:{name}": [{"uuid": between.waiver.uuid}] for name in ("waiver", "decide_waiver", "end_waiver")},
        **{
            f"returns:{name}": [{"uuid": between.action.uuid}]
            for name in ("action", "progress_action", "change_action", "close_action", "keep_action_open")
        },
        **{
            f"returns:{name}": [{"uuid": between.escalation.uuid}]
            for name in (
                "escalation",
                "move_escalation",
                "answer_escalation",
                "give_escalation",
                "close_escalation",
            )
        },
        **{f"returns:{name}": [{}] for name in ("queries", "headcounts")},
        "returns:how_we_review": [{"pk": world.period.collection_id}],
        "returns:ask_query": [one | {"section": "training", "field": "staff_total"}, one | {"section": "training"}],
        **{
            f"returns:{name}": [{"uuid": query.uuid}]
            for name in ("query", "answer_query", "close_query", "reopen_query", "hand_on_query")
        },
        "returns:document": [{"uuid": between.document.uuid}],
        **{f"returns:{name}": [{}] for name in ("proformas", "upload_proforma")},
        **{f"returns:{name}": [{"uuid": form.uuid}] for name in OF_A_FORM},
        **{f"returns:{name}": [{"slug": "prevent"}] for name in ("proforma_workbook", "proforma_map")},
        **{f"returns:{name}": [one | {"upload": workbook.uuid}] for name in OF_AN_UPLOAD},
        "returns:retry": [{"pk": world.submission.current_version_id}],
        "returns:report": [{}],
        "returns:rebase": [{"code": code, "measure": "training_l3"}],
        "returns:take_back_rebase": [{"code": code, "measure": "training_l3", "pk": rebase.pk}],
        "returns:report_download": [{"form": "csv"}],
        "returns:report_file": [{"uuid": report.uuid}],
        "returns:report_file_download": [{"uuid": pdf.uuid}],
        **{f"returns:{name}": [period] for name in ("period", "period_dates", "non_submitters", "ask_export")},
        **{
            f"returns:{name}": [{}]
            for name in ("ours", "quarter", "quarter_download", "periods", "open_period", "exports", "log", "stuck")
        },
        **{f"returns:{name}": [{}] for name in ("our_trends", "differences", "missing_download", "remind")},
        **{f"returns:{name}": [{"code": code}] for name in ("one_provider", "provider", "provider_download")},
        "returns": [one],
        "accounts:forget_typed": [{"uuid": typed.uuid}],
        **{
            f"accounts:{name}": [{"code": code}]
            for name in (
                "organisation",
                "people_of",
                "invite",
                "invitations",
                "set_trait",
                "set_lead_commissioner",
                "set_email_domains",
                "submitters",
                "add_submitter",
            )
        },
        "accounts:end_trait": [{"number": trait.pk}],
        "accounts:end_membership": [{"number": seats["editor"].pk}],
        "accounts:swap_submitter": [{"number": world.submitter.pk}],
        "accounts:submitter_request": [{"number": request.pk}],
        "accounts:withdraw_invitation": [{"uuid": invitation.uuid}],
        "accounts:send_invitation_again": [{"uuid": invitation.uuid}],
    } | continuity_arguments(seats)
    return Place(seats, arguments)


@pytest.fixture(scope="module")
def files_of_the_place(tmp_path_factory):
    return tmp_path_factory.mktemp("place")


@pytest.fixture(autouse=True)
def files_of_this_test(settings, files_of_the_place):
    settings.MEDIA_ROOT = files_of_the_place


@pytest.fixture(scope="module")
def standing(django_db_setup, django_db_blocker, files_of_the_place):
    """The place and a signed-in session for each seat, made once: what a test does to them is rolled back."""
    in_files_of_the_place = override_settings(MEDIA_ROOT=files_of_the_place)
    with django_db_blocker.unblock(), transaction.atomic(), in_files_of_the_place:
        place = make_place()
        yield place, {who: sign_in(Client(), seat).cookies for who, seat in place.seats.items()}
        transaction.set_rollback(True)


@pytest.fixture
def place(standing, db):
    return standing[0]


@pytest.fixture
def clients(standing, db):
    """One client for each seat."""
    found = {}
    for who, cookies in standing[1].items():
        found[who] = Client()
        found[who].cookies.load(cookies.output(header="", sep=";"))
    return found


def outcome(client, method, address):
    """What the portal answers, in a word; nothing it did is kept."""
    with transaction.atomic():
        response = getattr(client, method.lower())(address)
        if response.streaming:
            b"".join(response.streaming_content)
        transaction.set_rollback(True)
    if response.status_code == 302 and "/sign-in/" in response.url:
        return "sign in"
    if response.status_code == 302 and "/second-factor/" in response.url:
        return "second factor"
    return {200: "may", 302: "may", 403: "forbidden", 404: "missing"}.get(response.status_code, response.status_code)


@pytest.mark.parametrize("name", FOR_ROLES)
def test_each_role_gets_what_the_table_says(name, place, clients):
    method, may, missing = ROUTES[name]
    address = place.address(name)

    found = {who: outcome(client, method, address) for who, client in clients.items()}

    expected = {who: "may" if who in may else "missing" if who in missing else "forbidden" for who in EVERYBODY}
    assert found == expected


@pytest.mark.parametrize("name", FOR_ROLES)
def test_nobody_passes_signed_out_or_with_a_password_alone(name, place):
    method, *_ = ROUTES[name]
    address = place.address(name)
    password_only = Client()
    password_only.force_login(place.seats["lead"].person, backend="allauth.account.auth_backends.AuthenticationBackend")

    assert outcome(Client(), method, address) == "sign in"
    assert outcome(password_only, method, address) == "second factor"


OWN_PAGES = [
    name for name, rule in ROUTES.items() if rule == FACTORS and "webauthn" not in name and "from_key" not in name
]


@pytest.mark.parametrize("name", OWN_PAGES)
def test_a_page_of_ones_own_sign_in_is_the_same_for_every_role(name, clients):
    found = {outcome(client, "GET", reverse(name)) for client in clients.values()}

    assert len(found) == 1


def test_the_table_speaks_of_every_role(place):
    held = {seat.role for seat in place.seats.values() if hasattr(seat, "role")}

    toys = {role.key for slug in ("toy", "parts") for role in return_types()[slug].roles}
    assert held == {role.key for role in all_roles().values()} - toys
