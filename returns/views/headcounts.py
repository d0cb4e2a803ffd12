"""Published headcounts, for who manages periods: what is there, and loading more."""

from django import forms
from django.contrib import messages
from django.db.models import Count, Max
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from journal.refused import Refused
from returns import headcounts, permissions
from returns.models import PublishedHeadcount
from returns.views.access import require


class HeadcountsForm(forms.Form):
    """A CSV file, or its lines pasted."""

    file = forms.FileField(required=False, label="CSV file", widget=forms.FileInput({"accept": ".csv,text/csv"}))
    lines = forms.CharField(
        required=False,
        label="Or paste the lines",
        help_text=f"The first line is {','.join(headcounts.COLUMNS)}. Days are written like 2025-09-30.",
        widget=forms.Textarea({"rows": 8, "spellcheck": "false"}),
    )

    def clean(self):
        cleaned = super().clean()
        if bool(cleaned.get("file")) == bool(cleaned.get("lines")):
            raise forms.ValidationError("Choose a file, or paste the lines.")
        return cleaned

    @property
    def data_given(self):
        given = self.cleaned_data["file"]
        return given.read(headcounts.MOST_BYTES + 1) if given else self.cleaned_data["lines"].encode()


@require_http_methods(["GET", "POST"])
def headcount_list(request):
    require(permissions.can_manage_periods(request.seat))
    form = HeadcountsForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            loaded = headcounts.load(form.data_given, by=request.seat, at=timezone.now())
        except Refused as refusal:
            form.add_error(None, f"Nothing was loaded. {refusal}")
        else:
            messages.success(request, headcounts.said(loaded))
            return redirect("returns:headcounts")
    sources = PublishedHeadcount.objects.values("source").annotate(
        figures=Count("pk"), organisations=Count("organisation", distinct=True), latest=Max("day")
    )
    context = {"form": form, "sources": sources.order_by("-latest", "source")[:50]}
    return render(request, "returns/headcounts.html", context)
