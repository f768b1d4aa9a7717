<?php

namespace App;

use GuzzleHttp\Client;

interface Store
{
    public function load(int $order): string;
}

trait Checks
{
    private function check(int $order): void
    {
        throw new PaymentError("order $order is not valid");
    }
}

class Orders
{
    use Checks;

    public static function plain(int $order): void
    {
        (new self())->pay($order);
    }

    public static function other_function(int $order): void
    {
        (new self())->refund($order);
    }

    public static function other_type(int $order): void
    {
        throw new StockError("order $order is closed");
    }

    public static function cause(int $order): void
    {
        (new self())->charge($order);
    }

    public static function cause_other(int $order): void
    {
        try {
            self::handshake($order);
        } catch (GatewayDown $down) {
            throw new PaymentError("no payment for order $order", $order, $down);
        }
    }

    public static function cause_three(int $order): void
    {
        try {
            (new self())->charge($order);
        } catch (PaymentError $error) {
            throw new \LogicException("cart $order failed", 0, $error);
        }
    }

    public static function in_closure(int $order): void
    {
        array_map(function (int $n) {
            throw new PaymentError("order $n in a closure");
        }, [$order]);
    }

    public static function in_arrow(int $order): void
    {
        (new Client())->each([$order], fn (int $n) => throw new StockError("order $n in an arrow function"));
    }

    public static function in_trait(int $order): void
    {
        (new self())->check($order);
    }

    public static function in_anonymous(int $order): void
    {
        $store = new class () implements Store {
            public function load(int $order): string
            {
                throw new PaymentError("order $order in an anonymous class");
            }
        };
        $store->load($order);
    }

    public static function anonymous_type(int $order): void
    {
        throw new class ("order $order has an odd error") extends PaymentError {
        };
    }

    public static function divided(int $order): void
    {
        intdiv($order, 0);
    }

    public static function malformed_date(int $order): void
    {
        new \DateTime("order $order");
    }

    public static function library(int $order): void
    {
        (new Client())->send("http://depot$order.internal/");
    }

    public static function evaluated(int $order): void
    {
        eval("throw new \\App\\PaymentError('order $order in eval');");
    }

    public static function wrong_type(int $order): void
    {
        self::unsure("x" . $order);
    }

    public static function undefined_a(int $order): void
    {
        missing_function($order);
    }

    public static function undefined_b(int $order): void
    {
        $order->refund();
    }

    public static function generic_a(int $order): void
    {
        self::generic("cart $order is empty");
    }

    public static function generic_b(int $order): void
    {
        self::generic("cart $order is closed");
    }

    public static function magic(int $order): void
    {
        (new self())->anything($order);
    }

    public static function generator(int $order): void
    {
        foreach (self::rows($order) as $row) {
            echo $row;
        }
    }

    public static function message_lines(int $order): void
    {
        throw new PaymentError("order $order is malformed:\n  at line $order\n#1 in the list\nStack: none");
    }

    public function __call(string $name, array $arguments): void
    {
        throw new PaymentError("no method for order $arguments[0]");
    }

    private function pay(int $order): void
    {
        throw new PaymentError("order $order is closed");
    }

    private function refund(int $order): void
    {
        throw new PaymentError("order $order is closed");
    }

    private function charge(int $order): void
    {
        try {
            self::connect("db$order.internal", 5432 + $order);
        } catch (GatewayDown $down) {
            throw new PaymentError("no payment for order $order", $order, $down);
        }
    }

    private static function connect(string $host, int $port): void
    {
        throw new GatewayDown("$host:$port does not answer");
    }

    private static function handshake(int $order): void
    {
        throw new GatewayDown("db$order.internal refused");
    }

    private static function unsure(int $order): void
    {
    }

    private static function generic(string $message): void
    {
        throw new \RuntimeException($message);
    }

    private static function rows(int $order): \Generator
    {
        yield "";
        throw new PaymentError("order $order has no rows");
    }
}
