// The feed by better-sse on Express: sessions, with its keep-alives and its JSON.
import { setTimeout as sleep } from "node:timers/promises";
import { createRequire } from "node:module";

// Installed elsewhere, where this module would not look.
const require = createRequire(`${process.env.MODULES}/`);
const express = require("express");
const { createSession } = require("better-sse");
const [LAST, EACH] = [12, 5];

const app = express();
app.get("/feed", async (request, response) => {
    const headers = { "Access-Control-Allow-Origin": "*" };
    const session = await createSession(request, response, { retry: 200, keepAlive: 200, headers });
    const seen = Number(session.lastId || 0);
    for (let n = seen + 1; n <= Math.min(seen + EACH, LAST) && session.isConnected; n++) {
        await sleep(20);
        const text = `number ${n} ✓` + (n % 2 ? "" : "\nan even one");
        session.push(text, n % 3 ? "message" : "third", String(n));
    }
    if (seen + EACH < LAST) response.end();
});
app.listen(Number(process.argv[2]), "127.0.0.1");
