<?php

/** Not Guzzle: stands where a package does. */

namespace GuzzleHttp;

class Client
{
    public function send(string $url): string
    {
        throw new \OutOfBoundsException("$url is not known");
    }

    public function each(array $items, callable $call): void
    {
        foreach ($items as $item) {
            $call($item);
        }
    }
}
