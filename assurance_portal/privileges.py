"""Web, worker and clock act with few rights: in production they do not start as the owner of the tables.

Row-level security and the triggers that keep versions and events as they are bind everybody but an owner.
"""

import sys
from dataclasses import dataclass

from django.conf import settings
from django.db import DatabaseError, connection

LOOK = """
SELECT role.rolname, role.rolsuper OR role.rolbypassrls,
       EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
                                      AND pg_has_role(role.oid, relowner, 'MEMBER')),
       EXISTS (SELECT FROM pg_database WHERE datname = current_database() AND pg_has_role(role.oid, datdba, 'MEMBER'))
FROM pg_roles AS role WHERE role.rolname IN (session_user, current_user) ORDER BY role.rolname
"""


@dataclass(frozen=True)
class Login:
    """What a role of the present connection could do, through itself or through a role that it is a member of."""

    name: str
    passes_every_policy: bool = False
    owns_tables: bool = False
    owns_database: bool = False


def objections(logins):
    """Why these logins are too mighty, a sentence each; none when they are not."""
    for login in logins:
        if login.passes_every_policy:
            yield f"{login.name} is a superuser, or passes by row-level security."
        elif login.owns_tables or login.owns_database:
            yield f"{login.name} owns the portal's tables or database, or is a member of the role that does."


def present_logins():
    """Who signed in (session_user) and whose rights count now (current_user): a SET ROLE can be taken back."""
    with connection.cursor() as cursor:
        cursor.execute(LOOK)
        return [Login(*row) for row in cursor.fetchall()]


def refuse_owner():
    """Ends the process, in production, where its login could rewrite the log or pass by a policy."""
    if not settings.PRODUCTION:
        return
    try:
        found = list(objections(present_logins()))
    except DatabaseError:
        sys.exit("The portal does not start: the database cannot be reached, so its rights are not known.")
    finally:
        connection.close()
    if found:
        sys.exit(
            f"The portal does not start: {' '.join(found)} Set DATABASE_URL to a login that may only take the role"
            " portal_app, and DATABASE_ROLE to portal_app."
        )
