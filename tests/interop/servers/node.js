// The feed by Node's http alone, as tutorials write one: a timer that writes blocks by hand.
"use strict";
const { createServer } = require("node:http");
const [LAST, EACH] = [12, 5];

const block = (n) => {
    const name = n % 3 ? "" : "event: third\n";
    const second = n % 2 ? "" : "data: an even one\n";
    return `id: ${n}\n${name}data: number ${n} ✓\n${second}\n`;
};

createServer((request, response) => {
    let n = Number(request.headers["last-event-id"] ?? 0);
    const stop = n + EACH;
    response.writeHead(200, {
        "Content-Type": "text/event-stream",
        "Cache-Control": "no-cache",
        "Access-Control-Allow-Origin": "*",
    });
    response.write("retry: 200\n\n");
    const timer = setInterval(() => {
        if (n === LAST) response.write(": still there\n\n");
        else if (n === stop) response.end();
        else response.write(block(++n));
    }, 20);
    response.on("close", () => clearInterval(timer));
}).listen(Number(process.argv[2]), "127.0.0.1");
