import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("returns", "0001_kernel"), ("toy", "0001_toy")]

    operations = [
        migrations.CreateModel(
            name="ToyPart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=20)),
                ("colour", models.CharField(max_length=20)),
                ("weight", models.PositiveIntegerField()),
                ("is_spare", models.BooleanField(default=False)),
                ("maker", models.CharField(blank=True, max_length=50)),
                (
                    "submission",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="returns.submission"
                    ),
                ),
            ],
        ),
    ]
