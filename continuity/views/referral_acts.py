"""What happens to a live referral, each act on a page of its own with one form, or at the press of a button."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from continuity import referral_acts, referrals
from continuity.permissions import can_follow_referral, can_write_referral
from continuity.views.acting import by_now, done, either
from continuity.views.referrals import referral_for
from returns.views.access import attempt, require


def act_page(form_class, act, *, permission, title, explains, said, button="Save"):
    """The view of a page with one form: the act takes its answers by name, and from the address which row is meant."""

    @either
    def view(request, uuid, **row):
        found = referral_for(request, uuid)
        require(permission(request.seat, found))
        form = form_class(request.POST or None)
        if form.is_valid() and done(form, act, found, **row, **form.cleaned_data, **by_now(request)):
            messages.success(request, said)
            return redirect("continuity:referral", uuid)
        context = {"referral": found, "form": form, "title": title, "explains": explains, "button": button}
        return render(request, "continuity/referral_act.html", context)

    return view


def act_button(act, *, permission, said):
    """The view behind a button on the referral's page."""

    @require_POST
    def view(request, uuid, **row):
        found = referral_for(request, uuid)
        require(permission(request.seat, found))
        attempt(request, act, found, **row, **by_now(request), done=said)
        return redirect("continuity:referral", uuid)

    return view


def _is_party(seat, referral):
    return can_write_referral(seat, referral) or can_follow_referral(seat, referral)


receive = act_button(referrals.receive, permission=can_follow_referral, said="Received. Acknowledge it next.")
acknowledge = act_page(
    referral_acts.AcknowledgeForm,
    referrals.acknowledge,
    permission=can_follow_referral,
    title="Acknowledge the referral",
    explains="The prison gets a message. Acknowledge also what is not for you, so that it can be sent elsewhere.",
    button="Acknowledge",
    said="Acknowledged. The prison has got a message.",
)

change_release = act_page(
    referral_acts.ReleaseForm,
    referrals.change_release,
    permission=can_write_referral,
    title="The release has changed",
    explains="The service is told at once and is asked to say that it knows.",
    button="Save and tell the service",
    said="Saved. The service has got a message.",
)
correct_release = act_page(
    referral_acts.CorrectionForm,
    referrals.correct_release,
    permission=can_write_referral,
    title="Correct the release",
    explains="The service is told again at once. What was recorded before stays in the history, beside the correction.",
    button="Correct and tell the service",
    said="Corrected. The service has got a message.",
)
acknowledge_changes = act_button(
    referrals.acknowledge_changes,
    permission=can_follow_referral,
    said="Acknowledged. The prison sees that you know.",
)

add_contact = act_page(
    referral_acts.ContactForm,
    referrals.record_contact,
    permission=can_follow_referral,
    title="Add a contact before release",
    explains="A visit, a call or a group before release. Peers and families count too.",
    said="Contact saved.",
)
remove_contact = act_button(referrals.remove_contact, permission=can_follow_referral, said="Contact removed.")
add_appointment = act_page(
    referral_acts.AppointmentForm,
    referrals.record_appointment,
    permission=_is_party,
    title="Add an appointment",
    explains="Add those with probation and resettlement as well: then you see whether they clash.",
    said="Appointment saved.",
)
remove_appointment = act_button(referrals.remove_appointment, permission=_is_party, said="Appointment removed.")
record_outcome = act_page(
    referral_acts.OutcomeForm,
    referrals.record_outcome,
    permission=can_follow_referral,
    title="What came of the appointment",
    explains="Record it also when the person did not come: then the follow-up can be recorded.",
    said="Saved.",
)
add_follow_up = act_page(
    referral_acts.FollowUpForm,
    referrals.record_follow_up,
    permission=can_follow_referral,
    title="Add a follow-up",
    explains="Each attempt to reach the person after a missed appointment is one line.",
    said="Follow-up saved.",
)
remove_follow_up = act_button(referrals.remove_follow_up, permission=can_follow_referral, said="Follow-up removed.")
no_follow_up = act_page(
    referral_acts.NoFollowUpForm,
    referrals.say_not_followed_up,
    permission=can_follow_referral,
    title="Not followed up",
    explains="Say why nobody tried to reach the person after the missed appointment.",
    said="Saved.",
)
