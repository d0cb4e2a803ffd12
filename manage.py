#!/usr/bin/env python
"""Runs management commands; without DATABASE_URL or REDIS_URL it joins the portal's own services first."""

import os
import sys

from assurance_portal import command_line, launcher


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "assurance_portal.settings")
    try:
        os.environ.update(launcher.attach(os.environ.get("PORTAL_SERVICES", "portal")))
    except launcher.CannotStart as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    command_line.execute(sys.argv)


if __name__ == "__main__":
    main()
