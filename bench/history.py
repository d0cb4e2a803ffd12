"""Years of national returns, multiplied by the database from the courses of some organisations: what pages read from."""

import json
from dataclasses import dataclass

from django.db import connection, transaction

from accounts.models import Organisation
from bench import world
from journal.copy_rows import copy_rows
from prevent.return_type import PREVENT
from returns import content, findings, peers
from returns.models import Period
from returns.rules import Context

COURSES = 40
REGIONS = 7
OF_ONE_COMMISSIONER = 500
STATES = ("DRAFT", "SUBMITTED", "IN_REVIEW", "ACCEPTED")  # of the last quarter, by turns; all others are accepted

COURSE_TABLES = """
CREATE TEMPORARY TABLE course (
    course int, period_id bigint, opens_at timestamptz, due_at timestamptz, is_last boolean,
    payload bytea, explanations bytea, sha256 text, explanations_sha256 text,
    method text, overall text, sentence text, parts jsonb, PRIMARY KEY (period_id, course)
);
CREATE TEMPORARY TABLE course_measure (course int, period_id bigint, measure text, numerator int, denominator int);
CREATE INDEX ON course_measure (period_id, course);
CREATE TEMPORARY TABLE made AS SELECT 0::bigint AS id, 0::bigint AS organisation_id, 0 AS course, 0::bigint AS period_id,
    '' AS status LIMIT 0;
"""

# One statement for each table. A return and its only version have the same id.
MULTIPLIED = """
INSERT INTO made
SELECT %(first)s + row_number() OVER (), organisation.id, course.course, course.period_id,
       CASE WHEN course.is_last THEN (%(states)s)[organisation.id %% 4 + 1] ELSE 'ACCEPTED' END
FROM accounts_organisation AS organisation
JOIN course ON course.course = organisation.id %% %(courses)s AND course.period_id = ANY(%(periods)s)
WHERE organisation.id = ANY(%(providers)s);

INSERT INTO returns_submission (id, uuid, period_id, subject_id, subject_key, region_id, status, status_reason,
    content_sha256, checked_sha256, blocking, unexplained, first_submitted_at, current_version_id, standing_version_id)
SELECT made.id, gen_random_uuid(), made.period_id, organisation_id, '', organisation.region_id, status, '',
       sha256, sha256, 0, 0, CASE WHEN status <> 'DRAFT' THEN opens_at + interval '1 day' END,
       CASE WHEN status <> 'DRAFT' THEN made.id END, CASE WHEN status <> 'DRAFT' THEN made.id END
FROM made JOIN course USING (course, period_id)
JOIN accounts_organisation AS organisation ON organisation.id = organisation_id;

INSERT INTO returns_version (id, submission_id, number, content_sha256, explanations_sha256, rulebook, submitted_by_id,
    submitted_at)
SELECT id, id, 1, sha256, explanations_sha256, %(rulebook)s, %(person)s, opens_at + interval '1 day'
FROM made JOIN course USING (course, period_id) WHERE status <> 'DRAFT';

INSERT INTO returns_versioncontent (version_id, format, payload, explanations)
SELECT id, 'json', payload, explanations FROM made JOIN course USING (course, period_id) WHERE status <> 'DRAFT';

INSERT INTO returns_check (version_id, state, attempts, error, asked_at, checked_at)
SELECT id, 'PASSED', 1, '', opens_at, due_at FROM made JOIN course USING (course, period_id) WHERE status <> 'DRAFT';

INSERT INTO returns_score (version_id, method, overall, sentence, parts)
SELECT id, method, overall, sentence, parts FROM made JOIN course USING (course, period_id) WHERE status <> 'DRAFT';

INSERT INTO returns_measure (version_id, measure, breakdown, numerator, denominator, period_id, organisation_id,
    is_current)
SELECT id, measure, '', numerator, denominator, period_id, organisation_id, true
FROM made JOIN course_measure USING (course, period_id) WHERE status <> 'DRAFT';

INSERT INTO returns_participant (submission_id, organisation_id, part)
SELECT id, organisation_id, 'OWNER' FROM made;

INSERT INTO returns_participant (submission_id, organisation_id, part)
SELECT made.id, link.to_organisation_id, 'RECIPIENT' FROM made
JOIN accounts_organisationlink AS link ON link.from_organisation_id = organisation_id;

INSERT INTO returns_review (version_id, organisation_id, started_by_id, started_at, outcome, verdict, reason,
    section_reasons)
SELECT made.id, link.to_organisation_id, %(person)s, due_at, '', '', '', '{}'
FROM made JOIN course USING (course, period_id)
JOIN accounts_organisationlink AS link ON link.from_organisation_id = organisation_id WHERE status = 'IN_REVIEW';

SELECT setval(pg_get_serial_sequence(name, 'id'), (SELECT max(id) FROM made))
FROM unnest(ARRAY['returns_submission', 'returns_version']) AS name;

SELECT coalesce(max(id), %(first)s) FROM made;
"""


@dataclass
class History:
    """The nation so far: its organisations and its periods, oldest first; `last_id` is that of the newest return."""

    person: object
    providers: range
    periods: list
    courses: dict
    last_id: int = 0

    def returns_of(self, periods, providers=None):
        """Writes the returns of these periods, of all providers or of some."""
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("TRUNCATE made")
            cursor.execute(
                MULTIPLIED,
                {
                    "first": self.last_id,
                    "states": list(STATES),
                    "courses": COURSES,
                    "periods": [period.pk for period in periods],
                    "providers": list(providers or self.providers),
                    "rulebook": PREVENT.rulebook.version,
                    "person": self.person.pk,
                },
            )
            (self.last_id,) = cursor.fetchone()
        for period in periods:
            peers.freeze(period, PREVENT, period.opens_at)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def make_nation(number, quarters):
    """Regions, commissioners (the first has 500 of the `number` providers, or half of few) and opened periods."""
    of_the_first = min(OF_ONE_COMMISSIONER, max(1, number // 2))
    first_provider = world.COMMISSIONERS + 1

    def commissioner_of(pk):
        return 1 if pk < first_provider + of_the_first else 2 + pk % (world.COMMISSIONERS - 1)

    person, providers = world.make_organisations(number, commissioner_of)
    _place_in_regions(providers)
    periods = world.make_periods(quarters)
    with connection.cursor() as cursor:
        cursor.execute(COURSE_TABLES)
    for course in {pk % COURSES for pk in providers}:
        _write_course(course, periods)
    return History(person, providers, periods, {})


def _place_in_regions(providers):
    numbers = range(providers.stop, providers.stop + REGIONS)
    rows = [(pk, f"ZZR{pk:06}", f"Region {pk}", Organisation.Kind.REGION, world.SINCE, []) for pk in numbers]
    copy_rows(Organisation, ("id", "code", "name", "kind", "opened_on", "email_domains"), rows)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_organisation SET region_id = %s + id %% %s WHERE id < %s",
            [numbers.start, REGIONS, numbers.start],
        )


def _write_course(course, periods):
    """What every organisation of a course says, period by period, with score and measures."""
    kind, traits = world.model_of(course).kind, frozenset(world.traits_of(course))
    rows, measures = [], []
    for period, frozen in zip(periods, world.course_of(course, periods), strict=True):
        answers = content.from_payload(PREVENT.questions, json.loads(frozen.payload))
        standards = findings.as_numbers(period.standards)
        context = Context(kind, traits, period.starts, period.ends, standards)
        score = PREVENT.score(answers, context)
        rows.append(
            (
                *(course, period.pk, period.opens_at, period.due_at, period is periods[-1]),
                *(frozen.payload, frozen.explanations, frozen.sha256, frozen.explanations_sha256),
                *(score.method, str(score.overall), score.sentence),
                json.dumps([part.as_json() for part in score.parts]),
            )
        )
        measures += [
            (course, period.pk, row.measure, row.numerator, row.denominator)
            for row in PREVENT.measures(answers, context)
        ]
    with connection.cursor() as cursor:
        _insert(cursor, "course", rows)
        _insert(cursor, "course_measure", measures)


def _insert(cursor, table, rows):
    places = ", ".join(["%s"] * len(rows[0]))
    cursor.executemany(f"INSERT INTO {table} VALUES ({places})", rows)


def last_period():
    return Period.objects.select_related("collection").order_by("-ends").first()
