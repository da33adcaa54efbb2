from django.urls import path

from surveys import (
    answering_pages,
    follow_up_pages,
    link_pages,
    look_pages,
    question_pages,
    scale_pages,
    survey_pages,
)

app_name = "surveys"

urlpatterns = [
    path("surveys/", survey_pages.list_surveys, name="surveys"),
    path("surveys/new/", survey_pages.add, name="add-survey"),
    path("surveys/scales/", scale_pages.list_scales, name="scales"),
    path("surveys/scales/new/", scale_pages.add, name="add-scale"),
    path("surveys/scales/<int:pk>/archive/", scale_pages.archive, name="archive-scale"),
    path("surveys/<int:pk>/", survey_pages.show, name="survey"),
    path("surveys/<int:pk>/settings/", survey_pages.edit_settings, name="edit-survey"),
    path("surveys/<int:pk>/texts/", survey_pages.edit_texts, name="edit-texts"),
    path("surveys/<int:pk>/preview/", survey_pages.preview, name="preview"),
    path("surveys/<int:pk>/versions/", survey_pages.list_versions, name="versions"),
    path("surveys/<int:pk>/publish/", survey_pages.publish, name="publish"),
    path("surveys/<int:pk>/duplicate/", survey_pages.duplicate, name="duplicate-survey"),
    path("surveys/<int:pk>/archive/", survey_pages.archive, name="archive-survey"),
    path("surveys/<int:pk>/take-back/", survey_pages.take_back, name="take-survey-back"),
    path("surveys/<int:pk>/library/", question_pages.show_library, name="library"),
    path("surveys/<int:pk>/questions/new/", question_pages.add, name="add-question"),
    path("surveys/<int:pk>/questions/<slug:key>/", question_pages.edit, name="question"),
    path("surveys/<int:pk>/questions/<slug:key>/step/", question_pages.step, name="step-question"),
    path("surveys/<int:pk>/questions/<slug:key>/wording/", question_pages.take_wording, name="take-wording"),
    path("follow-ups/", follow_up_pages.list_cases, name="follow-ups"),
    path("follow-ups/<int:pk>/", follow_up_pages.show_case, name="follow-up"),
    path("follow-ups/<int:pk>/close/", follow_up_pages.close_case, name="close-follow-up"),
    path("follow-ups/<int:pk>/open/", follow_up_pages.reopen_case, name="reopen-follow-up"),
    path("follow-ups/<int:pk>/owner/", follow_up_pages.hand_over_case, name="hand-over-follow-up"),
    path("follow-ups/<int:pk>/mail/", follow_up_pages.write_mail, name="write-follow-up"),
    path("surveys/<int:pk>/links/", link_pages.list_links, name="links"),
    path("surveys/links/<int:pk>/revoke/", link_pages.revoke, name="revoke-link"),
    path("surveys/links/<int:pk>/code.svg", link_pages.show_code, name="link-code"),
    path("s/<token:token>/", answering_pages.answer, name="answer"),
    path("s/<token:token>/thanks/", answering_pages.thanks, name="thanks"),
    path("s/<token:token>/withdraw/", answering_pages.withdraw, name="withdraw"),
    path("s/theme/<colour:colour>.css", look_pages.show_theme, name="theme"),
    path("s/picture/<path:signed>", look_pages.show_picture, name="picture"),
]
