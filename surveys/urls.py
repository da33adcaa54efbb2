from django.urls import path

from surveys import look_pages

app_name = "surveys"

urlpatterns = [
    path("s/theme/<colour:colour>.css", look_pages.show_theme, name="theme"),
    path("s/picture/<path:signed>", look_pages.show_picture, name="picture"),
]
