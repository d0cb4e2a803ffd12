"""The role that web and workers act as. It comes first of all, so that every later table is granted to it."""

from django.db import migrations

CREATE = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'portal_app') THEN
        CREATE ROLE portal_app NOLOGIN;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
GRANT portal_app TO CURRENT_USER;
GRANT USAGE ON SCHEMA public TO portal_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO portal_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO portal_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO portal_app;
"""


class Migration(migrations.Migration):
    dependencies = []
    run_before = [("contenttypes", "0001_initial"), ("sessions", "0001_initial")]

    operations = [migrations.RunSQL(CREATE, migrations.RunSQL.noop)]
