"""What a request costs before any domain work: our stack beside stock DRF, as a ratio of CPU."""

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import jwt

SCAN = {"qrData": "UMA1.A1.0123456789ABC.ABCDEF.0123456789ABCDEF"}
SCAN_WITH_PLACE = SCAN | {"location": {"latitude": 13.35, "longitude": 74.79}}
ROUNDS, REQUESTS = 7, 500


def _configure(stack: str) -> None:
    os.environ.update(DJANGO_SETTINGS_MODULE="uma.settings", UMA_DEBUG="1")
    from django.conf import settings  # noqa: PLC0415  # after the environment

    settings.DEBUG = settings.WHITENOISE_AUTOREFRESH = settings.WHITENOISE_USE_FINDERS = False
    settings.ROOT_URLCONF = "benchmarks.http_stack_urls"
    settings.RATE_LIMITS = dict.fromkeys(settings.RATE_LIMITS, "100000000/hour")
    if stack != "stock":
        return
    settings.MIDDLEWARE = [
        {
            "uma.kernel.http.pages.Sessions": (
                "django.contrib.sessions.middleware.SessionMiddleware"
            ),
            "uma.kernel.http.pages.People": (
                "django.contrib.auth.middleware.AuthenticationMiddleware"
            ),
            "uma.kernel.http.pages.Messages": (
                "django.contrib.messages.middleware.MessageMiddleware"
            ),
        }.get(name, name)
        for name in settings.MIDDLEWARE
        if name != "uma.kernel.http.middleware.EdgeMiddleware"
    ]
    settings.REST_FRAMEWORK = {
        "DEFAULT_AUTHENTICATION_CLASSES": [
            "rest_framework_simplejwt.authentication.JWTStatelessUserAuthentication"
        ],
        "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    }
    settings.SIMPLE_JWT = {
        "USER_ID_CLAIM": "sub",
        "TOKEN_TYPE_CLAIM": None,
        "JTI_CLAIM": None,
        "AUDIENCE": "uma-api",
        "ISSUER": "uma",
        "AUTH_TOKEN_CLASSES": ("rest_framework_simplejwt.tokens.UntypedToken",),
    }


def _token(stack: str) -> str:
    from django.conf import settings  # noqa: PLC0415  # as above

    from uma.kernel.http.authentication import issue_access_token  # noqa: PLC0415  # as above

    now = datetime.now(UTC)
    if stack != "stock":
        return issue_access_token(user_id=uuid4(), role="merchant", session_id=uuid4(), now=now)
    # simplejwt cannot verify EdDSA; its own default is the quicker HS256, which flatters it.
    claims = {"iss": "uma", "aud": "uma-api", "sub": str(uuid4()), "exp": now + timedelta(hours=1)}
    return jwt.encode(claims, settings.SECRET_KEY, algorithm="HS256")


def _requester(body: bytes, token: str) -> Callable[[], None]:
    import django  # noqa: PLC0415  # as above

    from uma.kernel.http.wsgi import Handler  # noqa: PLC0415  # as above

    # Not `uma.wsgi`: outside DEBUG it does not start with the keys that everybody knows.
    django.setup(set_prefix=False)
    application = Handler()

    environ: dict[str, Any] = {  # Any: a WSGI environment
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/api/echo",
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "localhost",
        "HTTP_ACCEPT": "application/json",
        "HTTP_AUTHORIZATION": f"Bearer {token}",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
    }

    def once() -> None:
        statuses: list[str] = []
        answer = application(
            environ | {"wsgi.input": io.BytesIO(body)},
            # The stubs want the third, optional argument of WSGI, which Django never passes.
            lambda status, _: statuses.append(status),  # type: ignore[arg-type]
        )
        b"".join(answer)
        answer.close()
        assert statuses == ["200 OK"], statuses

    return once


def _measure(stack: str) -> None:
    _configure(stack)
    figures = []
    for document in (SCAN, SCAN_WITH_PLACE):
        once = _requester(json.dumps(document).encode(), _token(stack))
        for _ in range(REQUESTS):
            once()
        best = float("inf")
        for _ in range(ROUNDS):
            started = time.process_time()
            for _ in range(REQUESTS):
                once()
            best = min(best, (time.process_time() - started) / REQUESTS)
        figures.append(best)
    print(json.dumps(figures))


def _run(stack: str) -> list[float]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "benchmarks.http_stack", stack],
        check=True,
        capture_output=True,
        text=True,
    )
    figures: list[float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def main() -> None:
    """Print our CPU time per request ÷ stock DRF's, for a scan without and with a place."""
    if len(sys.argv) > 1:
        _measure(sys.argv[1])
        return
    stock, ours = _run("stock"), _run("ours")
    for name, own, other in zip(("scan", "scan with a place"), ours, stock, strict=True):
        print(f"{name}: {own / other:.2f} of stock DRF ({own * 1e6:.0f} ÷ {other * 1e6:.0f} µs)")


if __name__ == "__main__":
    main()
