"""Whatever leaves goes through one function: it writes down the release before anybody gets the file."""

from journal import events
from returns.content import sha256
from returns.models import Release, ReleaseInput


def send_out(*, kind, name, data, recipient, policy, rows, versions, by, at):
    """Records that `data` (bytes) leaves, made from `versions`, to `recipient` under `policy`; returns the Release.

    `rows` is how many rows of content it holds; `by` is a seat, or None for the command line.
    """
    release = Release.objects.create(
        kind=kind,
        name=name,
        recipient=recipient,
        policy=policy,
        rows=rows,
        sha256=sha256(data),
        released_by=by.person if by else None,
        released_for=by.organisation if by else None,
        released_at=at,
    )
    ReleaseInput.objects.bulk_create(
        [ReleaseInput(release=release, version=version) for version in versions], batch_size=5000
    )
    events.record(
        "released",
        subject=("release", release.uuid),
        by=by,
        at=at,
        detail={"kind": kind, "sha256": release.sha256, "versions": len(versions)},
    )
    return release
