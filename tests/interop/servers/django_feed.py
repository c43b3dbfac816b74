"""The feed by Django behind its GZipMiddleware: async where it runs under ASGI, as iterators are under WSGI else."""

import asyncio
import time

import django
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import StreamingHttpResponse
from django.urls import path

LAST, EACH = 12, 5


def block(n):
    name = "" if n % 3 else "event: third\n"
    second = "" if n % 2 else "data: an even one\n"
    return f"id: {n}\n{name}data: number {n} ✓\n{second}\n"


def numbers(seen):
    yield "retry: 200\n\n"
    for n in range(seen + 1, min(seen + EACH, LAST) + 1):
        time.sleep(0.02)
        yield block(n)
    while seen + EACH >= LAST:
        time.sleep(0.2)
        yield ": still there\n\n"


async def numbers_async(seen):
    yield "retry: 200\n\n"
    for n in range(seen + 1, min(seen + EACH, LAST) + 1):
        await asyncio.sleep(0.02)
        yield block(n)
    while seen + EACH >= LAST:
        await asyncio.sleep(0.2)
        yield ": still there\n\n"


def feed(request):
    seen = int(request.headers.get("Last-Event-ID", 0))
    stream = numbers_async if hasattr(request, "scope") else numbers
    headers = {"Cache-Control": "no-store", "Access-Control-Allow-Origin": "*"}
    return StreamingHttpResponse(stream(seen), content_type="text/event-stream", headers=headers)


urlpatterns = [path("feed", feed)]
settings.configure(
    ALLOWED_HOSTS=["*"],
    DEBUG=False,
    MIDDLEWARE=["django.middleware.gzip.GZipMiddleware"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="of this feed, which has no secrets",
)
django.setup()
asgi = get_asgi_application()
wsgi = get_wsgi_application()
