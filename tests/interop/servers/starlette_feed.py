"""The feed by sse-starlette, with its pings and its line ends (CR LF)."""

import asyncio

from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.applications import Starlette
from starlette.routing import Route

LAST, EACH = 12, 5


async def numbers(seen):
    for n in range(seen + 1, min(seen + EACH, LAST) + 1):
        await asyncio.sleep(0.02)
        data = f"number {n} ✓" + ("" if n % 2 else "\nan even one")
        yield ServerSentEvent(data=data, id=str(n), event=None if n % 3 else "third", retry=200)
    if seen + EACH >= LAST:
        await asyncio.Event().wait()


async def feed(request):
    seen = int(request.headers.get("last-event-id", 0))
    return EventSourceResponse(numbers(seen), ping=0.2, headers={"Access-Control-Allow-Origin": "*"})


app = Starlette(routes=[Route("/feed", feed)])
