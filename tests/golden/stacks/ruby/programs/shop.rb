# A shop that fails. ARGV: the case (none lists them), a seed that moves ids and the depth of the call.
require 'json'

module Shop
  class PaymentError < StandardError; end
  class GatewayDown < StandardError; end

  class Gateway
    def post(order)
      raise GatewayDown, "10.0.0.#{order % 250}:443 does not answer"
    end
  end

  class Pay
    def self.for(order)
      new.charge(order)
    end

    def charge(order)
      raise PaymentError, "no payment for order #{order}"
    end

    def refund(order)
      raise PaymentError, "no payment for order #{order}"
    end

    def fetch(order)
      raise GatewayDown, "order #{order} is out of reach"
    end

    def chained(order)
      Gateway.new.post(order)
    rescue GatewayDown
      raise PaymentError, "no payment for order #{order}"
    end

    def chained_parse(order)
      Integer("#{order} pounds")
    rescue ArgumentError => e
      raise PaymentError, "no payment for order #{order}: #{e.class}"
    end

    def cleaned(order)
      order + 1
    ensure
      raise PaymentError, "order #{order} can't be closed"
    end

    def generic(order)
      raise "order #{order} is empty"
    end

    def generic_other(order)
      raise "order #{order} was sent already"
    end

    def no_method(order)
      basket = order.zero? ? 1 : nil
      basket.total
    end

    def unknown_name(_order)
      charg
    end

    def builtin(order)
      Integer("#{order} pounds")
    end

    def in_blocks(order)
      [order].each do |number|
        { number => 1 }.each_pair do |key, _|
          raise PaymentError, "no payment for row #{key}"
        end
      end
    end

    def library(order)
      JSON.parse("{\"order\": #{order}")
    end

    def message_lines(order)
      raise PaymentError, "no payment for order #{order}:\n  card #{order} expired\n  limit #{order} reached"
    end

    def empty_message(_order)
      raise PaymentError, ''
    end

    def empty_generic(_order)
      raise ''
    end

    def evaluated(order)
      eval("raise PaymentError, 'no payment for order #{order}'")
    end

    def recursive(order)
      recursive(order + 1)
    end

    def anonymous_type(order)
      raise Class.new(StandardError), "no type for order #{order}"
    end

    define_method(:defined) do |order|
      raise PaymentError, "no payment for order #{order}"
    end

    def gem_raises(order)
      Ledger::Book.new.enter(order)
    end
  end
end

# What Rails names the methods of templates: the path, a hash and an id.
def template_method(order)
  name = "_app_views_orders_show_html_erb___#{order * 7_919_193_021}_#{order * 4711}"
  source = "def #{name}(order)\n  raise Shop::PaymentError, \"no view for order \#{order}\"\nend\n"
  Object.class_eval(source, "#{__dir__}/app/views/orders/show.html.erb", 1)
  send(name, order)
end

def in_class_body(order)
  Object.class_eval("class Catalog\n  raise Shop::PaymentError, \"no catalog for order #{order}\"\nend", "#{__dir__}/catalog.rb", 1)
end

CASES = {
  'plain' => ->(order) { Shop::Pay.for(order) },
  'other_function' => ->(order) { Shop::Pay.new.refund(order) },
  'other_type' => ->(order) { Shop::Pay.new.fetch(order) },
  'cause' => ->(order) { Shop::Pay.new.chained(order) },
  'cause_other' => ->(order) { Shop::Pay.new.chained_parse(order) },
  'from_ensure' => ->(order) { Shop::Pay.new.cleaned(order) },
  'generic' => ->(order) { Shop::Pay.new.generic(order) },
  'generic_other' => ->(order) { Shop::Pay.new.generic_other(order) },
  'no_method' => ->(order) { Shop::Pay.new.no_method(order) },
  'unknown_name' => ->(order) { Shop::Pay.new.unknown_name(order) },
  'builtin' => ->(order) { Shop::Pay.new.builtin(order) },
  'in_blocks' => ->(order) { Shop::Pay.new.in_blocks(order) },
  'library' => ->(order) { Shop::Pay.new.library(order) },
  'message_lines' => ->(order) { Shop::Pay.new.message_lines(order) },
  'empty_message' => ->(order) { Shop::Pay.new.empty_message(order) },
  'empty_generic' => ->(order) { Shop::Pay.new.empty_generic(order) },
  'evaluated' => ->(order) { Shop::Pay.new.evaluated(order) },
  'recursion' => ->(order) { Shop::Pay.new.recursive(order) },
  'anonymous_type' => ->(order) { Shop::Pay.new.anonymous_type(order) },
  'defined' => ->(order) { Shop::Pay.new.defined(order) },
  'gem_raises' => ->(order) { Shop::Pay.new.gem_raises(order) },
  'template' => ->(order) { template_method(order) },
  'class_body' => ->(order) { in_class_body(order) },
  'gem_only' => ->(order) { Ledger::Worker.new.run(order) },
  'never_raised' => ->(order) { Shop::PaymentError.new("order #{order} was never paid") },
  'never_raised_other' => ->(order) { Shop::PaymentError.new("stock of order #{order} is unknown") }
}.freeze

def show(view, text)
  puts "#### #{view}", text
end

def view(error)
  top = error.full_message(highlight: false, order: :top)
  show('seen', top)
  return if error.backtrace.nil?

  show('bottom', error.full_message(highlight: false, order: :bottom))
  show('color', error.full_message(highlight: true, order: :top))
  return if error.cause

  show('joined', ["#{error.class}: #{error.message}", *error.backtrace].join("\n"))
  show('log', "E, [2026-11-24T16:02:11 ##{Process.pid}] ERROR -- : #{error.class} (#{error.message}):\n  \n#{error.backtrace.join("\n")}")
end

def deeper(depth, &block)
  depth.zero? ? block.call : deeper(depth - 1, &block)
end

name, seed = ARGV
if name.nil?
  puts CASES.keys
else
  begin
    kept = nil
    Server.new.handle do
      deeper(seed.to_i % 3) { kept = CASES.fetch(name).call((seed.to_i * 1013) + 17) }
    end
    view(kept) if kept.is_a?(Exception)
  rescue Exception => e # rubocop:disable Lint/RescueException
    view(e)
  end
end
