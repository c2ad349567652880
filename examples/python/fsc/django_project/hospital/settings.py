"""The least that Django needs."""

from __future__ import annotations

import secrets

SECRET_KEY = secrets.token_urlsafe(48)
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "hospital.urls"
USE_TZ = True
