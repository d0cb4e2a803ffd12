from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


def say_assured(apps, schema_editor):
    """Until now there was one way of accepting: as it is."""
    apps.get_model("returns", "Review").objects.filter(outcome="ACCEPTED").update(verdict="ASSURED")


class Migration(migrations.Migration):
    dependencies = [
        ("returns", "0006_between_organisations"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint("review", "one_open_review_per_version"),
        migrations.RemoveConstraint("review", "a_verdict_has_a_time"),
        migrations.RenameField("review", "verdict", "outcome"),
        migrations.AlterField(
            "review",
            "outcome",
            models.CharField(blank=True, choices=[("ACCEPTED", "Accepted"), ("SENT_BACK", "Sent back")], max_length=10),
        ),
        migrations.AddField(
            "review",
            "verdict",
            models.CharField(
                blank=True,
                choices=[
                    ("ASSURED", "Assured"),
                    ("ASSURED_WITH_ACTIONS", "Assured with actions"),
                    ("NOT_ASSURED", "Not assured"),
                ],
                max_length=20,
                default="",
            ),
            preserve_default=False,
        ),
        migrations.AddField("review", "section_reasons", models.JSONField(blank=True, default=dict)),
        migrations.RunPython(say_assured, migrations.RunPython.noop, elidable=True),
        migrations.AddConstraint(
            "review",
            models.UniqueConstraint(
                condition=Q(outcome=""), fields=("version", "organisation"), name="one_open_review_per_version"
            ),
        ),
        migrations.AddConstraint(
            "review",
            models.CheckConstraint(
                condition=Q(outcome="", decided_at__isnull=True) | (~Q(outcome="") & Q(decided_at__isnull=False)),
                name="an_outcome_has_a_time",
            ),
        ),
        migrations.AddConstraint(
            "review",
            models.CheckConstraint(
                condition=Q(outcome="ACCEPTED") & ~Q(verdict="") | ~Q(outcome="ACCEPTED") & Q(verdict=""),
                name="what_is_accepted_has_a_verdict",
            ),
        ),
        migrations.CreateModel(
            "ChecklistAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("item", models.SlugField(max_length=40)),
                ("question", models.TextField()),
                (
                    "answer",
                    models.CharField(
                        choices=[("YES", "Yes"), ("NO", "No"), ("CANNOT_TELL", "Cannot tell")], max_length=12
                    ),
                ),
                ("note", models.TextField(blank=True)),
                ("answered_at", models.DateTimeField()),
                (
                    "answered_by",
                    models.ForeignKey(on_delete=models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
                (
                    "review",
                    models.ForeignKey(on_delete=models.deletion.PROTECT, related_name="checklist", to="returns.review"),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=["review", "item"], name="a_checklist_question_is_answered_once"),
                    models.CheckConstraint(condition=Q(answer="YES") | ~Q(note=""), name="what_is_not_yes_has_a_note"),
                ]
            },
        ),
    ]
