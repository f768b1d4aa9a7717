<?php

/** The rule by which the OpenTelemetry SDK writes an exception, written anew from what it gives. */
function java_like(Throwable $error): string
{
    $dots = fn (string $name): string => str_replace("\\", ".", $name);
    $text = "";
    $around = [];
    for ($marker = ""; $error !== null; $error = $error->getPrevious(), $marker = "\nCaused by: ") {
        $text .= $marker . $dots($error::class) . ($error->getMessage() === "" ? "" : ": " . $error->getMessage());
        $file = $error->getFile();
        $line = $error->getLine();
        $frames = [];
        foreach ([...$error->getTrace(), ["function" => "{main}"]] as $call) {
            $name = $dots((isset($call["class"]) ? $call["class"] . "." : "") . $call["function"]);
            $frames[] = "$name(" . ($file === null ? "Unknown Source" : basename($file) . ($line ? ":$line" : "")) . ")";
            $file = $call["file"] ?? null;
            $line = $call["line"] ?? null;
        }
        $more = 0;
        while ($more < min(count($frames), count($around)) && $frames[count($frames) - 1 - $more] === $around[count($around) - 1 - $more]) {
            $more++;
        }
        foreach (array_slice($frames, 0, count($frames) - $more) as $frame) {
            $text .= "\n\tat $frame";
        }
        $text .= $more ? "\n\t... $more more" : "";
        $around = $frames;
    }
    return $text;
}

/** The rule by which Monolog's line formatter writes an exception. */
function monolog(Throwable $error): string
{
    $text = "";
    for ($marker = ""; $error !== null; $error = $error->getPrevious(), $marker = "\n[previous exception] ") {
        $text .= "{$marker}[object] (" . $error::class . "(code: {$error->getCode()}): {$error->getMessage()} at "
            . "{$error->getFile()}:{$error->getLine()})\n[stacktrace]\n{$error->getTraceAsString()}\n";
    }
    return "[2026-11-24T11:04:12.123456+00:00] shop.ERROR: it failed {\"exception\":\"" . str_replace("\\", "\\\\", $text) . "\"} []\n";
}
