"""The audits' part of the access table: one audit, its extract and one sheet, for who takes part and for who does not."""

from tests.access_table_continuity import COMMISSIONERS, PRISON, SERVICES, TAKES_PART
from tests.access_table_lines import line

SEES_THE_AUDIT = PRISON | SERVICES | COMMISSIONERS | {"analysis lead", "facilitator", "administrator"}
RUNS_IT = {"LA commissioner"}
ANALYSES_IT = RUNS_IT | {"analysis lead"}


def audit_routes(everybody):
    def of_the_audit(method, may):
        """A page of one audit: who takes no part in it gets 404."""
        return line(method, may, everybody - SEES_THE_AUDIT)

    def of_the_prison(method):
        """What only the prison knows of."""
        return line(method, PRISON, everybody)

    return {
        "audits:audits": line("GET", TAKES_PART),
        "audits:set_up": line("GET", COMMISSIONERS),
        "audits:audit": of_the_audit("GET", SEES_THE_AUDIT),
        "audits:terms": of_the_audit("GET", RUNS_IT),
        "audits:pairs": of_the_audit("GET", SEES_THE_AUDIT),
        "audits:remove_pair": of_the_audit("GET", RUNS_IT),
        "audits:parties": of_the_audit("GET", SEES_THE_AUDIT),
        "audits:invite": of_the_audit("POST", RUNS_IT),
        "audits:accept": of_the_audit("GET", PRISON),
        "audits:decline": of_the_audit("GET", PRISON),
        "audits:agreement": of_the_audit("GET", SEES_THE_AUDIT),
        "audits:agreement_file": of_the_audit("GET", SEES_THE_AUDIT),
        "audits:topics": of_the_audit("GET", SEES_THE_AUDIT),
        "audits:topic": of_the_audit("GET", COMMISSIONERS),
        "audits:meetings": of_the_audit("GET", SEES_THE_AUDIT),
        "audits:add_meeting": of_the_audit("GET", COMMISSIONERS),
        "audits:close": of_the_audit("GET", RUNS_IT),
        # the extract, and what is shared from it
        "audits:extract_list": of_the_audit("GET", PRISON),
        "audits:column_map": of_the_audit("GET", PRISON),
        "audits:audit_list": of_the_audit("GET", PRISON),
        "audits:extract_findings": of_the_audit("GET", PRISON),
        "audits:ask_extract_findings": of_the_audit("POST", PRISON),
        "audits:left_out": of_the_audit("GET", PRISON),
        "audits:missing_rows": of_the_audit("GET", PRISON),
        "audits:extract_rows": of_the_audit("POST", PRISON),
        "audits:sharing": of_the_audit("GET", PRISON),
        "audits:release": of_the_audit("GET", PRISON),
        "audits:extract": of_the_prison("GET"),
        "audits:extract_columns": of_the_prison("GET"),
        "audits:take_away": of_the_prison("POST"),
        "audits:retry_extract": of_the_prison("POST"),
        # a sheet
        "audits:sheet": of_the_audit("GET", SEES_THE_AUDIT),
        "audits:row": line("GET", PRISON | SERVICES, everybody),
        "audits:filled_checklist": line("GET", PRISON | SERVICES, everybody),
        "audits:blank_checklist": line("GET", TAKES_PART),
        "audits:grid": of_the_audit("GET", SERVICES),
        "audits:ask_query": line("GET", PRISON | SERVICES, everybody),
        "audits:reply_query": line("GET", PRISON | SERVICES, everybody),
        "audits:close_query": line("POST", PRISON | SERVICES, everybody),
        "audits:by_workbook": of_the_audit("GET", SERVICES),
        "audits:download_workbook": of_the_audit("POST", SERVICES),
        "audits:sheet_upload": line("GET", SERVICES, everybody),
        **{
            f"audits:{name}": line("POST", SERVICES, everybody)
            for name in ("take_over_workbook", "retry_workbook", "leave_workbook", "annotated_workbook")
        },
        "audits:row_findings": of_the_audit("GET", PRISON | SERVICES),
        "audits:ask_row_findings": of_the_audit("POST", PRISON | SERVICES),
        "audits:upload_findings": line("GET", SERVICES, everybody),
        "audits:ask_upload_findings": line("POST", SERVICES, everybody),
        "audits:row_findings_file": line("GET", {"SPOC"}, everybody),
        "audits:row_findings_download": line("POST", {"SPOC"}, everybody),
        "audits:recall": of_the_audit("GET", PRISON),
        "audits:open_again": of_the_audit("GET", PRISON | SERVICES),
        "audits:assign": of_the_audit("GET", {"SPOC"}),
        "audits:submit": of_the_audit("POST", SERVICES),
        # what was found
        "audits:findings": of_the_audit("GET", SEES_THE_AUDIT),
        "audits:count_figures": of_the_audit("POST", ANALYSES_IT),
        "audits:share_figures": of_the_audit("GET", ANALYSES_IT),
        "audits:findings_report": of_the_audit("GET", SEES_THE_AUDIT),
        "audits:findings_download": of_the_audit("POST", SEES_THE_AUDIT),
        "audits:ask_findings_pdf": of_the_audit("POST", SEES_THE_AUDIT),
        "audits:findings_file": line("GET", RUNS_IT, everybody),
        "audits:findings_file_download": line("POST", RUNS_IT, everybody),
        "audits:write_finding": of_the_audit("GET", ANALYSES_IT),
        "audits:remove_finding": of_the_audit("POST", ANALYSES_IT),
        "audits:actions": of_the_audit("GET", SEES_THE_AUDIT),
        "audits:plan_action": of_the_audit("GET", PRISON | SERVICES | COMMISSIONERS | {"analysis lead"}),
        "audits:action": of_the_audit("GET", PRISON),
    }
