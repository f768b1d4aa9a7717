# Prints the views of one case's error: shop.pl CASE SEED; without a case, their names.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/lib";
use Shop::Pay;

my @cases = qw(plain plain_other confessed confessed_other_function confessed_other_message croaked arguments class
    class_other_function class_other_type throwable constraint required anonymous in_string in_try in_evals recursive no_object
    no_module division message_lines died handled mojo unprinted);

sub deeper {
    my ($depth, $call) = @_;
    return $depth ? deeper($depth - 1, $call) : $call->();
}

sub view { my ($name, $text) = @_; $text =~ s/\n*\z/\n/; print "#### $name\n$text"; }

# What OpenTelemetry's SDK for Perl sends.
sub sdk {
    my ($error) = @_;
    if (ref $error && $error->isa('Exception::Class::Base')) {
        return ($error->message, $error->trace->as_string);
    }
    local $ENV{MOJO_EXCEPTION_VERBOSE} = 1;
    return split /\n/, "$error", 2;
}

my ($case, $seed) = @ARGV;
if (!defined $case) {
    print "$_\n" for @cases;
    exit;
}
my $order = $seed * 1013 + 17;
if ($seed % 2) { open my $input, '<', $0 or die; <$input> for 1 .. $seed; our $kept = $input; }
my $function = Shop::Pay->can($case);
my $done = eval {
    deeper($seed % 3, sub { $case eq 'recursive' ? $function->($order, 3 + $seed) : $function->($order); 1 });
};
die "no error\n" if $done;
my $error = $@;
view('type', ref $error || 'string');
my ($message, $stack) = sdk($error);
view('message', $message);
view('sdk', $stack // '');
my $text = ref $error && $error->isa('Exception::Class::Base') ? "$error\n\n" . $error->trace->as_string : "$error";
view('seen', $text);
