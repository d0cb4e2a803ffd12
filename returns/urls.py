"""The kernel's pages, for every kind of return: noun first, then what is done to it."""

from django.urls import include, path

from returns.views import (
    documents,
    escalations,
    exporting,
    filling_in,
    history,
    ladders,
    log,
    ours,
    periods,
    quarter,
    reviewing,
    signing,
    task_list,
    trends,
    verdicts,
    workbook,
)

app_name = "returns"

one_return = [
    path("", task_list.one_return, name="return"),
    path("sections/<slug:slug>/", filling_in.section, name="section"),
    path("workbook/", workbook.download, name="workbook"),
    path("explain/", filling_in.explain, name="explain"),
    path("check-answers/", filling_in.check_answers, name="check_answers"),
    path("send-for-sign-off/", signing.send_for_sign_off, name="send_for_sign_off"),
    path("sign-off/", signing.sign_off, name="sign_off"),
    path("decline/", signing.decline, name="decline"),
    path("take-back/", signing.take_back, name="take_back"),
    path("receipt/", signing.receipt, name="receipt"),
    path("receipt/progress/", signing.check_progress, name="check_progress"),
    path("history/", history.history, name="history"),
    path("versions/<int:number>/", history.version, name="version"),
    path("versions/<int:number>/download/", history.download, name="version_download"),
    path("proforma/", exporting.proforma, name="proforma"),
    path("delivery/", exporting.record_delivery, name="record_delivery"),
    path("review/", reviewing.review, name="review"),
    path("review/start/", reviewing.start, name="start_review"),
    path("checklist/", verdicts.checklist, name="checklist"),
    path("verdict/", verdicts.verdict, name="verdict"),
    path("send-back/", verdicts.send_back, name="send_back"),
    path("reopen/", reviewing.reopen, name="reopen"),
    path("not-required/", reviewing.excuse, name="excuse"),
    path("extend/", reviewing.extend, name="extend"),
    path("escalate/", escalations.raise_one, name="escalate"),
]

one_escalation = [
    path("", escalations.one_escalation, name="escalation"),
    path("move/", escalations.move, name="move_escalation"),
    path("answer/", escalations.answer, name="answer_escalation"),
    path("owner/", escalations.give, name="give_escalation"),
    path("close/", escalations.close, name="close_escalation"),
]

urlpatterns = [
    path("returns/", ours.our_returns, name="ours"),
    path("returns/<uuid:uuid>/", include(one_return)),
    path("trends/", trends.our_trends, name="our_trends"),
    path("differences/", trends.differences, name="differences"),
    path("providers/<str:code>/trends/", trends.provider, name="provider"),
    path("providers/<str:code>/trends/download/", trends.download, name="provider_download"),
    path("quarter/", quarter.quarter, name="quarter"),
    path("quarter/download/", quarter.download, name="quarter_download"),
    path("escalations/", escalations.escalation_list, name="escalations"),
    path("escalations/<uuid:uuid>/", include(one_escalation)),
    path("escalations/steps/", ladders.ladder_list, name="ladders"),
    path("escalations/steps/new/", ladders.new_ladder, name="new_ladder"),
    path("documents/<uuid:uuid>/", documents.document, name="document"),
    path("periods/", periods.period_list, name="periods"),
    path("periods/open/", periods.open_period, name="open_period"),
    path("periods/<int:pk>/", periods.one_period, name="period"),
    path("periods/<int:pk>/dates/", periods.dates, name="period_dates"),
    path("periods/<int:pk>/non-submitters/", periods.non_submitters, name="non_submitters"),
    path("periods/<int:pk>/export/", exporting.ask, name="ask_export"),
    path("exports/", exporting.export_list, name="exports"),
    path("exports/<uuid:uuid>/", exporting.one_export, name="export"),
    path("exports/<uuid:uuid>/download/", exporting.download, name="export_download"),
    path("log/", log.event_log, name="log"),
    path("log/stuck/", log.stuck, name="stuck"),
    path("log/stuck/<int:pk>/retry/", log.retry, name="retry"),
]
