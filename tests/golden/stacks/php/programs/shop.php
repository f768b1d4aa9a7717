<?php

/** shop.php CASE SEED: prints "#### view" and the stack, in each form that is sent. */
require __DIR__ . "/vendor/guzzlehttp/guzzle/src/Client.php";
foreach (["Errors", "Orders", "functions", "format"] as $name) {
    require_once __DIR__ . "/src/$name.php";
}

function called(string $case, int $order): void
{
    match ($case) {
        "in_function" => App\in_function($order),
        "included" => require __DIR__ . "/src/settings.php",
        default => call_user_func(["App\\Orders", $case], $order),
    };
}

function seen(string $case, int $order): void
{
    try {
        called($case, $order);
    } catch (Throwable $error) {
        foreach (["own" => "strval", "sdk" => "java_like", "monolog" => "monolog"] as $view => $format) {
            echo "#### $view\n", $format($error);
        }
        if (($order & 1) === 1) {
            echo "#### fatal\n";
            throw $error;
        }
    }
}

if ($argv[2] % 3 === 0) {
    (fn () => seen($argv[1], (int) $argv[2]))();
} else {
    seen($argv[1], (int) $argv[2]);
}
