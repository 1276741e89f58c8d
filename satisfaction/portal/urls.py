"""Home pages; whoever builds the home of a role imports its module here, so that it registers itself."""

from django.urls import path

from satisfaction.portal.views import home

urlpatterns = [
    path("", home.home, name="home"),
    path("home/<str:role>/", home.home_of, name="home_of"),
]
