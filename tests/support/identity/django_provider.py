"""django-oauth-toolkit as it comes, in a process of its own: `python -m
support.identity.django_provider PORT FOLDER CLIENT REDIRECT_URI PASSWORD NAME...`, with one public
client and people who have a password.

Ours are its settings, which are those of its documentation's tutorial
(https://django-oauth-toolkit.readthedocs.io/en/latest/oidc.html), and a form to sign in with.

"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import django
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

FORM = "<form method='post'>{% csrf_token %}{{ form }}<button>Sign in</button></form>"


def configure(port: int, folder: Path) -> None:
    """Make the settings of a Django project; what an ID token lives is left at its default."""
    pem = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    settings.configure(
        SECRET_KEY="a key of tests",
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF="support.identity.django_provider",
        LOGIN_URL="/login/",
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "oauth2_provider",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        TEMPLATES=[{
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {"loaders": [
                ("django.template.loaders.locmem.Loader", {"registration/login.html": FORM}),
                "django.template.loaders.app_directories.Loader",
            ]},
        }],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": folder / "django.sqlite3",
                "OPTIONS": {"init_command": "PRAGMA synchronous=OFF"},
            }
        },
        # Make each table once, instead of by its history.
        MIGRATION_MODULES=dict.fromkeys(("auth", "contenttypes", "sessions", "oauth2_provider")),
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],  # at once
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
        OAUTH2_PROVIDER={
            "OIDC_ENABLED": True,
            "OIDC_RSA_PRIVATE_KEY": pem.decode(),
            "OIDC_ISS_ENDPOINT": f"http://127.0.0.1:{port}/o",
            "SCOPES": {"openid": "OpenID Connect"},
        },
    )  # fmt: skip
    django.setup()


def register(client: str, redirect_uri: str, password: str, people: list[str]) -> None:
    """Make the tables, the people and the client."""
    from django.contrib.auth.models import User  # noqa: PLC0415 - after django.setup()
    from oauth2_provider.models import Application  # noqa: PLC0415

    call_command("migrate", run_syncdb=True, verbosity=0)
    for name in people:
        User.objects.create_user(name, password=password)
    Application.objects.create(
        client_id=client,
        client_type=Application.CLIENT_PUBLIC,
        authorization_grant_type=Application.GRANT_AUTHORIZATION_CODE,
        algorithm=Application.RS256_ALGORITHM,
        redirect_uris=redirect_uri,
    )


def addresses() -> list[Any]:
    """The project's URLs."""
    from django.contrib.auth.views import LoginView  # noqa: PLC0415 - after django.setup()
    from django.urls import include, path  # noqa: PLC0415

    toolkit = include("oauth2_provider.urls", namespace="oauth2_provider")
    return [path("login/", LoginView.as_view()), path("o/", toolkit)]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


def main() -> None:
    """Serve until it is told to end."""
    port, folder, client, redirect_uri, password, *people = sys.argv[1:]
    configure(int(port), Path(folder))
    register(client, redirect_uri, password, people)
    globals()["urlpatterns"] = addresses()
    app: Callable[..., Any] = get_wsgi_application()
    make_server("127.0.0.1", int(port), app, _Server, _Quiet).serve_forever()


if __name__ == "__main__":
    sys.modules["support.identity.django_provider"] = sys.modules[__name__]
    main()
