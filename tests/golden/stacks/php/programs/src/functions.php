<?php

namespace App;

function in_function(int $order): void
{
    throw new PaymentError("order $order in a function");
}
