<?php
// The feed by PHP: a loop that pushes each block through PHP's buffer and then the server's.
const LAST = 12;
const EACH = 5;

header('Content-Type: text/event-stream');
header('Cache-Control: no-cache');
header('Access-Control-Allow-Origin: *');

function push(string $block): void
{
    echo $block;
    if (ob_get_level() > 0) {
        ob_flush();
    }
    flush();
}

push("retry: 200\n\n");
$seen = (int) ($_SERVER['HTTP_LAST_EVENT_ID'] ?? 0);
for ($n = $seen + 1; $n <= min($seen + EACH, LAST); $n++) {
    usleep(20_000);
    $name = $n % 3 ? '' : "event: third\n";
    $second = $n % 2 ? '' : "data: an even one\n";
    push("id: $n\n{$name}data: number $n ✓\n$second\n");
}
// A client that has gone is noticed by a ping that cannot be sent, which ends the script.
while ($seen + EACH >= LAST) {
    usleep(200_000);
    push(": still there\n\n");
}
