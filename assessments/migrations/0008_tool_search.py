"""The texts of published tools as they are searched, in any script.

Row-level security would keep the index from being used here (the search operator is not
leakproof), so the texts are open to every reader: what a published tool says is no secret, and
drafts are not in it. Only who may publish writes, and a text is what its digest says.
"""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.db import migrations, models

from betterwork.tenancy.rls import IN_PROGRAMME, ROLE, append_only, keep_together, secure

EDITING = f"{ROLE} IN ('system', 'manager', 'cat_editor')"
EDITORS = f"({EDITING} AND {IN_PROGRAMME})"

DIGEST = (
    "ALTER TABLE assessments_tooltext ADD CONSTRAINT tool_text_is_its_digest CHECK (digest ="
    " md5(form || chr(31) || lineage || chr(31) || language || chr(31) || title || chr(31) || text || chr(31)"
    " || finding || chr(31) || guidance))"
)


class Migration(migrations.Migration):
    dependencies = [
        ("assessments", "0007_tool_editing_rules"),
        ("tenancy", "0005_nobody_joins_a_sealed_team"),
    ]

    operations = [
        migrations.AddField(
            model_name="toolquestion",
            name="slcp",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.CreateModel(
            name="ToolText",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("digest", models.CharField(max_length=32, unique=True)),
                ("form", models.PositiveSmallIntegerField()),
                ("lineage", models.CharField(max_length=24)),
                ("language", models.CharField(max_length=8)),
                ("title", models.TextField()),
                ("text", models.TextField()),
                ("finding", models.TextField(blank=True)),
                ("guidance", models.TextField(blank=True)),
                ("words", django.contrib.postgres.search.SearchVectorField()),
                ("heads", django.contrib.postgres.search.SearchVectorField()),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        fields=["words"], name="tool_text_words"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ToolTextPlace",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("country", models.CharField(max_length=2)),
                ("since", models.DateField()),
                ("until", models.DateField(null=True)),
                (
                    "programme",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenancy.programme",
                    ),
                ),
                (
                    "text",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="places",
                        to="assessments.tooltext",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="assessments.toolversion",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("version", "text"), name="tool_text_place_once")
                ],
            },
        ),
        migrations.RunSQL(
            sql=DIGEST,
            reverse_sql="ALTER TABLE assessments_tooltext DROP CONSTRAINT tool_text_is_its_digest",
        ),
        secure("assessments_tooltext", read="true", write=EDITING),
        append_only("assessments_tooltext"),
        secure("assessments_tooltextplace", read="true", write=EDITORS, delete=EDITORS),
        keep_together("assessments_tooltextplace", "version_id", "assessments_toolversion"),
    ]
