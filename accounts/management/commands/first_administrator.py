"""Makes the first national administrator, who then invites everybody else."""

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils import timezone

from accounts import memberships
from accounts.models import Membership, Organisation, Person
from accounts.seats import WithoutSeat
from journal.plain_command import PlainCommand
from journal.refused import Refused

ROLE = "NATIONAL_ADMINISTRATOR"


class Command(PlainCommand):
    help = "Makes the first national administrator. They set a password with “I have forgotten my password”."

    def add_arguments(self, parser):
        parser.add_argument("email")
        parser.add_argument("name")
        parser.add_argument("organisation", help="code of the national organisation, made if it is not there")
        parser.add_argument("--organisation-name", default="")

    def handle(self, *, email, name, organisation, organisation_name, **options):
        try:
            make(email, name, organisation, organisation_name or organisation, at=timezone.now())
        except Refused as refusal:
            self.refuse(str(refusal), status=1)
        self.stdout.write(f"{email} is national administrator. To sign in, ask for a new password with that address.")


@transaction.atomic
def make(email, name, code, organisation_name, *, at):
    """Raises Refused where there is a national administrator already, or somebody with that address."""
    if Membership.objects.filter(role=ROLE).exists():
        raise Refused("There is a national administrator already. They can invite others.")
    if Person.objects.filter(email__iexact=email).exists():
        raise Refused(f"There is somebody with the address {email} already.")
    organisation, _ = Organisation.objects.get_or_create(
        code=code, defaults={"name": organisation_name, "kind": Organisation.Kind.OTHER}
    )
    person = Person.objects.create_user(email, name)
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    return memberships.give(person, organisation, ROLE, by=WithoutSeat(person), at=at)
