"""Django's PostgreSQL backend, whose every transaction begins by saying for whom it runs."""

from django.db.backends.postgresql import base

from accounts.row_security import current_settings


class DatabaseWrapper(base.DatabaseWrapper):
    def _set_autocommit(self, autocommit):
        """Row-level security reads these settings; they end with the transaction, so nothing leaks to the next one."""
        super()._set_autocommit(autocommit)
        if not autocommit:
            with self.wrap_database_errors, self.connection.cursor() as cursor:
                cursor.execute(
                    "SELECT set_config('app.organisations', %s, true), set_config('app.as_system', %s, true)",
                    current_settings(),
                )
