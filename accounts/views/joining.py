"""Coming in: by an invitation, or by the demonstration's choice of a person."""

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts import demonstration, invitations
from accounts.forms import JoinForm
from accounts.models import Person
from accounts.posted import posted_number
from accounts.roles import all_roles
from accounts.views.finding import attempt, attempt_by_form


@require_http_methods(["GET", "POST"])
def accept_invitation(request, token):
    """Looking changes nothing: mail scanners open links too. Pressing the button does."""
    invitation = invitations.find(token)
    if invitation is None or not invitation.is_open_at(timezone.now()):
        return render(request, "accounts/invitation_closed.html", {"invitation": invitation}, status=410)
    person = Person.objects.filter(email__iexact=invitation.email).first()
    if request.user.is_authenticated or person:
        return _accept(request, invitation)
    return _join(request, invitation)


def _accept(request, invitation):
    """For people with an account: signed in with both factors, as the address the invitation was sent to."""
    is_theirs = request.is_signed_in and request.user.email.lower() == invitation.email
    if request.method == "POST" and is_theirs:
        done = f"You now have the role {invitation.role_label} in {invitation.organisation.name}."
        attempt(request, done, invitations.accept, invitation, request.user, at=timezone.now())
        return redirect("accounts:seats")
    status = 403 if request.method == "POST" else 200
    return render(
        request, "accounts/accept_invitation.html", {"invitation": invitation, "is_theirs": is_theirs}, status=status
    )


def _join(request, invitation):
    form = JoinForm(request.POST or None, email=invitation.email, initial={"name": invitation.name})
    if form.is_valid():
        person = attempt_by_form(form, invitations.join, invitation, **form.cleaned_data, at=timezone.now())
        if person:
            get_adapter(request).login(request, person)
            record_authentication(request, person, "password", email=person.email)
            messages.success(request, "Your account is ready. Now set up a second way to prove it is you.")
            return redirect("mfa_activate_totp")
    return render(request, "accounts/join.html", {"invitation": invitation, "form": form})


@require_http_methods(["GET", "POST"])
def demonstration_sign_in(request):
    """Choosing a person. Where the demonstration is not on, there is no such page."""
    if not demonstration.is_on(request):
        raise Http404
    if request.method == "POST":
        people = Person.objects.filter(is_demonstration=True, is_active=True)
        person = get_object_or_404(people, pk=posted_number(request.POST.get("person")))
        demonstration.sign_in(request, person, at=timezone.now())
        return redirect("home")
    by_role = demonstration.people_by_role(timezone.now())
    groups = [(role.title, by_role[key]) for key, role in all_roles().items() if key in by_role]
    return render(request, "accounts/demonstration.html", {"groups": groups})
