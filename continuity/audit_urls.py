"""Routes of the audits: an audit and its set-up, a prison's extract, and the sheets."""

from django.urls import include, path

from continuity.views import analysis, audits, grid, rows, sharing, sheet_workbooks

app_name = "audits"

one_audit = [
    path("", audits.audit, name="audit"),
    path("terms/", audits.terms, name="terms"),
    path("pairs/", audits.pairs, name="pairs"),
    path("pairs/<int:number>/remove/", audits.remove_pair, name="remove_pair"),
    path("parties/", audits.parties, name="parties"),
    path("parties/invite/", audits.invite, name="invite"),
    path("parties/<int:number>/accept/", audits.accept, name="accept"),
    path("parties/<int:number>/decline/", audits.decline, name="decline"),
    path("agreement/", audits.agreement, name="agreement"),
    path("agreement/<int:number>/", audits.agreement_file, name="agreement_file"),
    path("topics/", audits.topics, name="topics"),
    path("topics/<int:number>/", audits.topic, name="topic"),
    path("meetings/", audits.meetings, name="meetings"),
    path("meetings/add/", audits.add_meeting, name="add_meeting"),
    path("close/", audits.close, name="close"),
    path("extract/", sharing.extract_list, name="extract_list"),
    path("extract/left-out/", sharing.left_out, name="left_out"),
    path("extract/rows/", sharing.extract_rows, name="extract_rows"),
    path("sharing/", sharing.sharing, name="sharing"),
    path("sharing/<int:number>/release/", sharing.release, name="release"),
    path("findings/", analysis.findings, name="findings"),
    path("findings/count/", analysis.count_figures, name="count_figures"),
    path("findings/share/", analysis.share_figures, name="share_figures"),
    path("findings/report/", analysis.report, name="findings_report"),
    path("findings/report/download/", analysis.download, name="findings_download"),
    path("findings/report/pdf/", analysis.ask_pdf, name="ask_findings_pdf"),
    path("findings/add/", analysis.write_finding, name="write_finding"),
    path("findings/<int:number>/remove/", analysis.remove_finding, name="remove_finding"),
    path("actions/", analysis.actions, name="actions"),
    path("actions/add/", analysis.plan_action, name="plan_action"),
    path("actions/<int:number>/", analysis.action, name="action"),
]

urlpatterns = [
    path("", audits.audit_list, name="audits"),
    path("new/", audits.set_up, name="set_up"),
    path("checklist/", grid.blank_checklist, name="blank_checklist"),
    path("<uuid:uuid>/", include(one_audit)),
    path("extracts/<uuid:uuid>/", sharing.extract, name="extract"),
    path("extracts/<uuid:uuid>/columns/", sharing.extract_columns, name="extract_columns"),
    path("extracts/<uuid:uuid>/take-away/", sharing.take_away, name="take_away"),
    path("findings/files/<uuid:uuid>/", analysis.findings_file, name="findings_file"),
    path("findings/files/<uuid:uuid>/download/", analysis.findings_file_download, name="findings_file_download"),
    path("sheets/<uuid:uuid>/", sharing.sheet, name="sheet"),
    path("sheets/<uuid:uuid>/rows/<uuid:row_id>/", rows.row, name="row"),
    path("sheets/<uuid:uuid>/rows/<uuid:row_id>/print/", grid.filled_checklist, name="filled_checklist"),
    path("sheets/<uuid:uuid>/grid/<slug:slug>/", grid.grid, name="grid"),
    path("sheets/<uuid:uuid>/rows/<uuid:row_id>/ask/", rows.ask, name="ask_query"),
    path("sheets/<uuid:uuid>/rows/<uuid:row_id>/queries/<int:number>/reply/", rows.reply, name="reply_query"),
    path("sheets/<uuid:uuid>/rows/<uuid:row_id>/queries/<int:number>/close/", rows.close, name="close_query"),
    path("sheets/<uuid:uuid>/workbook/", sheet_workbooks.by_workbook, name="by_workbook"),
    path("sheets/<uuid:uuid>/workbook/download/", sheet_workbooks.download, name="download_workbook"),
    path("sheets/workbooks/<uuid:uuid>/", sheet_workbooks.one_upload, name="sheet_upload"),
    path("sheets/workbooks/<uuid:uuid>/take-over/", sheet_workbooks.take_over, name="take_over_workbook"),
    path("sheets/workbooks/<uuid:uuid>/leave/", sheet_workbooks.leave, name="leave_workbook"),
    path("sheets/workbooks/<uuid:uuid>/annotated/", sheet_workbooks.annotated, name="annotated_workbook"),
    path("sheets/<uuid:uuid>/recall/", sharing.recall, name="recall"),
    path("sheets/<uuid:uuid>/assign/", sharing.assign, name="assign"),
    path("sheets/<uuid:uuid>/submit/", sharing.submit, name="submit"),
]
