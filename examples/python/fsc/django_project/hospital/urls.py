"""The pages of the project itself."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.urls import path


def health(_request: HttpRequest) -> JsonResponse:
    """Says that the project is there."""
    return JsonResponse({"project": "hospital"})


urlpatterns = [path("health", health)]
