from django.urls import path

from surveys import distribution_pages

app_name = "surveys"

urlpatterns = [
    path("surveys/<int:pk>/distributions/", distribution_pages.list_distributions, name="distributions"),
    path("surveys/<int:pk>/distributions/new/", distribution_pages.add, name="add-distribution"),
    path("surveys/distributions/<int:pk>/", distribution_pages.show, name="distribution"),
    path("surveys/distributions/<int:pk>/pause/", distribution_pages.pause, name="pause-distribution"),
    path("surveys/distributions/<int:pk>/resume/", distribution_pages.resume, name="resume-distribution"),
    path("surveys/invitations/<int:pk>/remind/", distribution_pages.remind, name="remind"),
]
