"""Whether the row ids of an extract stand with the people they stood with: else answers would go to somebody else."""

from continuity.vocabulary import fold

NAMES = {"P01": "first_name", "P02": "surname", "P03": "date_of_birth"}
HOW_TO_MEND = "Give each row the row id that it came with, and leave it empty on a row that is new."


def check(given, known):
    """(sentences that refuse the file, sentences that only tell) about the row ids of the rows of a file.

    `known` knows the rows of the prison's earlier files: `of_row_id(id)` and `like(row)` give (referral, identity)s.
    """
    refused, told, first = [], [], {}
    for row in given:
        if not row.row_id:
            continue
        if row.row_id in first:
            refused.append(f"Rows {first[row.row_id]} and {row.number} have the same row id. {HOW_TO_MEND}")
            continue
        first[row.row_id] = row.number
        stood_for = known.of_row_id(row.row_id)
        if stood_for is None:
            told.append(
                f"Row {row.number} has a row id that none of your rows in this audit has. It was compared with them as if "
                "it had none."
            )
        elif sentence := _another(row, *stood_for, known):
            refused.append(f"Row {row.number} {sentence} {HOW_TO_MEND}")
    return refused, told


def _another(row, referral, identity, known):
    """What says that a row is not the one that its row id stood for, or ""."""
    alike = [other for other, _ in known.like(row)]
    if alike and referral not in alike:
        return f"has the row id of another row: by its person and dates it is what row {alike[0].position} was before."
    if _is_somebody_else(row.answers, identity):
        return "has the row id of somebody else: neither the client reference nor the name and date of birth agree."
    return ""


def _is_somebody_else(answers, identity):
    """Another reference, and at most one of first name, surname and date of birth the same."""
    reference = fold(answers.get("P05") or "")
    if reference and reference == fold(identity.client_reference):
        return False
    return sum(_said(answers.get(id)) == _said(getattr(identity, name)) for id, name in NAMES.items()) < 2


def _said(value):
    return fold(str(value or ""))
