package Shop::Pay;
# Ways to fail: every function takes the number of an order.
use strict;
use warnings;
use Carp qw(confess croak);
use Try::Tiny;
use Shop::Errors;

sub plain { my ($order) = @_; die "no payment for order $order"; }

sub plain_other { my ($order) = @_; die "stock of order $order is unknown"; }

sub confessed { my ($order, @more) = @_; confess "no payment for order $order"; }

sub confessed_other_function { my ($order, @more) = @_; confess "no payment for order $order"; }

sub confessed_other_message { my ($order) = @_; $order % 1 or confess "order $order was sent already"; }

sub croaked { my ($order) = @_; croak "order $order is empty"; }

sub arguments {
    my ($order) = @_;
    return confessed($order, "card (gold), \"x\" at home line 7", { order => $order }, undef, [1], "two\nlines", 1 .. 9);
}

sub class { my ($order) = @_; Shop::PaymentError->throw(message => "no payment for order $order"); }

sub class_other_function { my ($order) = @_; Shop::PaymentError->throw(message => "no payment for order $order"); }

sub class_other_type { my ($order) = @_; Shop::GatewayDown->throw(message => "10.0.0.1 does not answer for $order"); }

sub throwable { my ($order) = @_; Shop::Thrown->throw({ message => "no payment for order $order" }); }

sub constraint { my ($order) = @_; return Shop::Order->new(number => "order $order"); }

sub required { my ($order) = @_; return Shop::Order->new(); }

sub anonymous { my ($order) = @_; my $check = sub { confess "no payment for row $_[0]" }; return $check->($order); }

sub in_string { my ($order) = @_; my $found = eval qq{confess("no formula for order $order"); 1}; die $@ unless $found; }

sub in_try { my ($order) = @_; return try { confessed($order); } catch { die $_ }; }

sub in_evals { my ($order) = @_; eval { eval { confessed($order); 1 } or die $@; 1 } or die $@; }

sub recursive { my ($order, $left) = @_; return $left ? recursive($order, $left - 1) : confess "order $order has no end"; }

sub no_object { my ($order) = @_; my $basket; return $basket->total($order); }

sub no_module { my ($order) = @_; require Shop::Nowhere; return $order; }

sub division { my ($order) = @_; my $price = 0; return $order / $price; }

sub message_lines { my ($order) = @_; confess "no payment for order $order:\n  card $order expired\n  limit reached"; }

sub died { my ($order) = @_; local $SIG{__DIE__} = \&Carp::confess; plain($order); }

sub handled { my ($order) = @_; local $SIG{__DIE__} = sub { confess @_ }; plain($order); }

sub mojo { my ($order) = @_; require Mojo::Exception; Mojo::Exception->throw("no page for order $order"); }

sub unprinted { my ($order) = @_; die bless { order => $order }, 'Shop::Quiet'; }

1;
