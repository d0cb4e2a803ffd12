"""What `audit_workbook` prints: the interchange form of a checked and measured audit."""

from continuity.engagement import CUSTODY_BANDS, MATCHES, STAGES, SUBSTANCE_GROUPS, UNKNOWN_BAND
from continuity.measures import MEASURES, Analysis
from continuity.recording_rules import LOST_NAMES, NOTES, RULES, notes


def as_json(analysis: Analysis, workbook):
    """Plain data: the rules and computed columns of each row, the measures, the breakdowns and the funnel."""
    return {
        "workbook_rules": analysis.checked.workbook_rules,
        "rows": rows_as_json(analysis.checked),
        "measures": {id: figure.as_json() for id, figure in analysis.measures.items()},
        "breakdowns": {
            name: {group: {id: figure.as_json() for id, figure in figures.items()} for group, figures in groups.items()}
            for name, groups in analysis.breakdowns.items()
        },
        "funnel": [step.as_json() for step in analysis.funnel],
        "details": analysis.details,
        "notes": workbook.notes,
        "unreadable": workbook.unreadable,
        "row_notes": row_notes(analysis.checked),
    }


def rows_as_json(checked):
    columns = columns_as_json(checked)
    return {
        name: dict(zip(columns, values, strict=True))
        for name, *values in zip(checked.referrals.rows.names, *columns.values(), strict=True)
    }


def columns_as_json(checked):
    """The rules and computed columns by name: a list each, one value for each row."""
    r = checked.referrals
    bands = [*(name for _, name in CUSTODY_BANDS), UNKNOWN_BAND]
    return {
        "rules": checked.codes(),
        "in_scope": r.in_scope.tolist(),
        "days_in_custody": whole(r.days_in_custody),
        "custody_band": [bands[number] for number in r.custody_band.tolist()],
        "substance_group": [SUBSTANCE_GROUPS[number] for number in r.substance_group.tolist()],
        "days_to_triage": whole(r.days_to_triage),
        "days_to_structured": whole(r.days_to_structured),
        "match": [MATCHES[number] if number >= 0 else None for number in r.match.tolist()],
        "engaged_ndtms": r.engaged_ndtms.tolist(),
        "engaged_local": r.engaged_locally.tolist(),
        "lost_to_data": r.lost_to_data.tolist(),
        "lost_reason": [LOST_NAMES[number] for number in checked.lost_reason().tolist()],
        "stage": [STAGES[number] if number >= 0 else None for number in r.stage.tolist()],
        "sequence": whole(r.sequence),
        "scenario": [number or None for number in r.scenario.tolist()],
    }


def whole(days):
    """Whole numbers, and None for NaN."""
    return [None if day != day else int(day) for day in days.tolist()]


def row_notes(checked):
    found = {}
    for code, holds in notes(checked.referrals).items():
        for row in holds.nonzero()[0].tolist():
            found.setdefault(checked.referrals.rows.names[row], []).append(code)
    return found


def in_sentences(analysis, workbook):
    """The same for people: what fired and how often, the measures, the funnel, and what could not be read."""
    checked = analysis.checked
    referrals = "1 referral" if len(checked) == 1 else f"{len(checked):,} referrals"
    yield f"{referrals}, {analysis.funnel[0].count:,} in scope."
    yield from (f"Not read: {sentence}" for sentence in workbook.unreadable)
    yield from workbook.notes
    yield ""
    yield from (f"{code}: {RULES[code].message} {RULES[code].remedy}" for code in checked.workbook_rules)
    for code, count in checked.counts().items():
        if count:
            rule = RULES[code]
            yield f"{code} ({rule.severity.name.lower()}) in {rows_said(count)}: {sentence_of(checked, code, count)}"
    for code, holds in notes(checked.referrals).items():
        if holds.any():
            yield f"{code} (note) in {rows_said(int(holds.sum()))}: {NOTES[code]}"
    yield ""
    yield "From referral to treatment:"
    for step in analysis.funnel:
        yield f"- {step.name.replace('_', ' ')}: {step.count:,}{lost_said(step)}"
    yield ""
    yield "Measures:"
    for id, measure in measures_said(analysis):
        yield f"- {id} {measure}"


def rows_said(count):
    return "1 row" if count == 1 else f"{count:,} rows"


def sentence_of(checked, code, count):
    """The message of the only row, or the rule's own where there are several."""
    if count == 1:
        return checked.finding(code, int(checked.fired[code].nonzero()[0][0])).message
    message = RULES[code].message
    return message if "{" not in message else f"{RULES[code].title.capitalize()}."


def lost_said(step):
    return f" ({step.lost:,} lost)" if step.lost else ""


def measures_said(analysis):
    for id, figure in analysis.measures.items():
        unknown = f", not known {figure.as_json()['not_known']:,}" if figure.as_json()["not_known"] else ""
        yield id, f"{MEASURES[id].title}: {figure_said(figure.as_json())}{unknown}"


def figure_said(figure):
    if figure["percent"] is None:
        return "no data"
    if figure["low"] is None:
        return f"{figure['percent']:.1f} points"
    of = f"{figure['numerator']:,} of {figure['denominator']:,}"
    return f"{figure['percent']:.1f} % ({figure['low']:.1f} to {figure['high']:.1f}) – {of}"
