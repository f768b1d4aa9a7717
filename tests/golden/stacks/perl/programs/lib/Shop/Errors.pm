package Shop::Errors;
use strict;
use warnings;
use Exception::Class ('Shop::PaymentError', 'Shop::GatewayDown');

package Shop::Thrown;
use Moose;
extends 'Throwable::Error';

package Shop::Order;
use Moose;
has number => (is => 'ro', isa => 'Int', required => 1);

1;
