"""Freezing what is submitted, and reading it again. A version never changes; everything others see hangs off versions."""

import json

from django.db.models import Max

from returns import columns, content
from returns.models import Version, VersionContent
from returns.registry import return_types, type_of


def explanations_payload(explanations):
    """The explanations as plain data, in one order."""
    return sorted(
        ({"rule": item.rule, "fingerprint": item.fingerprint, "text": item.text} for item in explanations),
        key=lambda item: (item["rule"], item["fingerprint"]),
    )


def freeze(submission, filled, explanations, *, rulebook, by, at):
    """The next version of the submission: content and explanations as canonical bytes, with their hashes."""
    return_type = type_of(submission)
    hashed, payload = columns.pack(return_type.to_payload(filled), return_type.kept_as)
    reasons = content.canonical(explanations_payload(explanations))
    last = submission.versions.aggregate(last=Max("number"))["last"] or 0
    version = Version.objects.create(
        submission=submission,
        number=last + 1,
        content_sha256=content.sha256(hashed),
        explanations_sha256=content.sha256(reasons),
        rulebook=rulebook,
        prepared_by=submission.prepared_by,
        submitted_by=by.person,
        submitted_at=at,
    )
    VersionContent.objects.create(version=version, format=return_type.kept_as, payload=payload, explanations=reasons)
    return version


def answers_in(version, return_type=None):
    """The answers, or rows, of a version whose `content` is loaded."""
    return_type = return_type or return_types()[version.submission.return_type]
    kept = version.content
    return return_type.from_payload(columns.unpack(kept.payload, kept.format), version.submission)


def explanations_in(version):
    """The explanations that stood beside a version, by (rule, fingerprint)."""
    kept = json.loads(bytes(version.content.explanations))
    return {(item["rule"], item["fingerprint"]): item["text"] for item in kept}


def hashed_bytes(version):
    """The canonical bytes of a version's content, which its hash is over."""
    return columns.hashed_bytes(version.content.payload, version.content.format)


def is_intact(version):
    """Whether the kept bytes still give the hashes that were signed."""
    return (
        content.sha256(hashed_bytes(version)) == version.content_sha256
        and content.sha256(bytes(version.content.explanations)) == version.explanations_sha256
    )
