"""An MCP server over streamable HTTP that keeps its events: a tool that counts, and breaks its own response off."""

import asyncio
import sys

from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.streamable_http import EventMessage, EventStore


class Kept(EventStore):
    def __init__(self):
        self.events = []

    async def store_event(self, stream_id, message):
        self.events.append((stream_id, message))
        return str(len(self.events))

    async def replay_events_after(self, last_event_id, send_callback):
        seen = int(last_event_id)
        stream = self.events[seen - 1][0]
        for number, (stream_id, message) in enumerate(self.events[seen:], seen + 1):
            if stream_id == stream and message is not None:
                await send_callback(EventMessage(message, str(number)))
        return stream


server = MCPServer("counter")


@server.tool()
async def count(context: Context) -> str:
    for number in range(1, 7):
        await context.report_progress(number, 6)
        if number == 3:
            await context.close_sse_stream()
            # Long enough for a client to come back: what is told while it does is lost in some versions.
            await asyncio.sleep(1)
    return "counted"


@server.tool()
async def announce(context: Context) -> str:
    await context.session.send_tool_list_changed()
    return "announced"


server.run("streamable-http", port=int(sys.argv[1]), event_store=Kept(), retry_interval=200)
