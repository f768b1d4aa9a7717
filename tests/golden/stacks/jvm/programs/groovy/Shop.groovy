package depot

class PaymentError extends RuntimeException {
    PaymentError(String message) { super(message) }
}

class Orders {
    void plain(int order) { throw new PaymentError("order $order is closed") }

    void inClosure(int order) { [order].each { throw new PaymentError("order $it in a closure") } }

    void inNested(int order) { [order].each { n -> [n].collect { m -> throw new PaymentError("order $m nested") } } }

    static void inStatic(int order) { throw new PaymentError("order $order in a static method") }

    void missing(int order) { this."price$order" }

    void proved(int order) { assert order < 0 }

    void dynamic(int order) { this."pla${'in'}"(order) }

    def methodMissing(String name, arguments) { throw new PaymentError("no method $name") }

    void noMethod(int order) { this."unknown$order"() }
}

def seen(String name, Closure block) {
    try {
        block()
    } catch (Throwable error) {
        def text = new StringWriter()
        error.printStackTrace(new PrintWriter(text))
        println "#### groovy_$name"
        print text
    }
}

int seed = args[0] as int
def orders = new Orders()
seen('plain') { orders.plain(seed) }
seen('in_closure') { orders.inClosure(seed) }
seen('in_nested') { orders.inNested(seed) }
seen('in_static') { Orders.inStatic(seed) }
seen('missing') { orders.missing(seed) }
seen('proved') { orders.proved(seed) }
seen('no_method') { orders.noMethod(seed) }
seen('in_script') { throw new PaymentError("order $seed in the script") }
