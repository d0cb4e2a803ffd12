from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("continuity", "0020_same_person"),
    ]

    operations = [
        migrations.AddField(
            model_name="sheet",
            name="judged_on",
            field=models.DateField(blank=True, null=True),
        ),
    ]
