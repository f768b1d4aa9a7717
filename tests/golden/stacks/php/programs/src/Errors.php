<?php

namespace App;

class PaymentError extends \DomainException
{
}

class StockError extends \DomainException
{
}

class GatewayDown extends \UnexpectedValueException
{
}
