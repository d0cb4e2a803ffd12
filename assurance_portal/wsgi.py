"""What gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

from assurance_portal.privileges import refuse_owner

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "assurance_portal.settings")

application = get_wsgi_application()
refuse_owner()
