"""An application under test on Django, in one file: it books payments that were declined, each notification once."""

import json

import django
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

settings.configure(
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    STATIC_URL="static/",
    MEDIA_URL="media/",
)
django.setup()

booked: dict[str, str] = {}


@csrf_exempt
def callout(request: HttpRequest) -> HttpResponse:
    """A callout bears no CSRF token; its notification id says whether it was booked before."""
    booked.setdefault(request.headers["Zuora-Notification-Id"], json.loads(request.body)["AccountId"])
    return HttpResponse()


urlpatterns = [path("callout", callout)]
