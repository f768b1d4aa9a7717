// Errors of a shop, one a case: `shop CASE SEED` throws it; how the stack is printed is chosen when compiling.
//   BOOST  boost::stacktrace at the throw      GLIBC  backtrace_symbols at the throw
//   GLOG   glog's failure handler              (none) a crash, for gdb and the sanitizers
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>
#ifdef BOOST
#include <boost/stacktrace.hpp>
#include <iostream>
#endif
#ifdef GLIBC
#include <execinfo.h>
#endif
#ifdef GLOG
#include <glog/logging.h>
#endif
#define KEPT __attribute__((noinline))

#if defined(BOOST) || defined(GLIBC)
template <class E> [[noreturn]] KEPT void print_stack(const E& error)
{
#ifdef BOOST
    std::cout << error.what() << "\n" << boost::stacktrace::stacktrace(1, 64) << std::flush;
#else
    void* found[64];
    int count = backtrace(found, 64);
    char** names = backtrace_symbols(found, count);
    printf("%s\n", error.what());
    for (int i = 1; i < count; i++) puts(names[i]);
    fflush(stdout);
#endif
    std::_Exit(0);
}
#define report(error) print_stack(error)
#else
#define report(error) throw error
#endif

static volatile int sink;

namespace shop
{
struct PaymentError : std::runtime_error { using std::runtime_error::runtime_error; };
struct StockError : std::runtime_error { using std::runtime_error::runtime_error; };

namespace
{
KEPT void hidden(int seed) { report(PaymentError("hidden " + std::to_string(seed))); }
}

KEPT void check(const std::string& order) { report(PaymentError("bad " + order)); }
KEPT void verify(const std::string& order) { report(PaymentError("bad " + order)); }
KEPT void check_stock(const std::string& order) { report(StockError("bad " + order)); }
KEPT void check_runtime(int seed, bool stock) { report(std::runtime_error(stock ? "out of stock " + std::to_string(seed) : "card expired " + std::to_string(seed))); }

class Cart
{
public:
    KEPT explicit Cart(int customer) : customer_(customer) { if (customer) report(PaymentError("no cart of " + std::to_string(customer))); }
    KEPT Cart() : customer_(0) {}
    KEPT void add(int item, const std::string& name) const { report(StockError(name + std::to_string(item + customer_))); }
    KEPT void operator()(int item) { report(StockError("called " + std::to_string(item + customer_))); }
    KEPT Cart& operator<<(int item) { report(StockError("shifted " + std::to_string(item + customer_))); return *this; }
    KEPT operator bool() const { report(StockError("converted")); return true; }
    KEPT std::string name(int item) { report(StockError("named " + std::to_string(item + customer_))); return ""; }
private:
    int customer_;
};

template <class T, int N> class Shelf
{
public:
    template <class U> KEPT void put(const U&) { report(StockError("shelf " + std::to_string(N))); }
};
template <class T> KEPT void apply(const T& call, int seed) { call(seed); sink = seed; }
KEPT void deeper(int seed, int levels) { if (levels) deeper(seed, levels - 1); else check("deep-" + std::to_string(seed)); sink = seed; }

KEPT int* freed(int seed) { int* at = new int[seed + 1]; delete[] at; return at; }
KEPT void use_after_free(int seed) { sink = freed(seed)[seed]; }
KEPT void overflow(int seed) { std::vector<char> row(seed); memset(row.data(), 1, row.size() + 1); sink = row[0]; }
KEPT void null_pointer(int seed) { volatile int* at = reinterpret_cast<int*>(seed * 4); *at = 3; }
KEPT void not_found(int seed) { std::map<int, int> all; sink = all.at(seed); }
KEPT void aborts(int seed) { if (seed) abort(); }
KEPT int endless(int seed) { volatile char much[1000]; much[seed] = 1; return endless(seed) + much[seed]; }
KEPT int divide(int by) { return 100 / by; }
}

extern "C" KEPT void c_function(int seed) { shop::check_stock("c" + std::to_string(seed)); }

static void run(const std::string& name, int seed)
{
    using namespace shop;
    Cart cart;
    if (name == "plain") check("order-" + std::to_string(seed));
    if (name == "other_function") verify("order-" + std::to_string(seed));
    if (name == "other_type") check_stock("order-" + std::to_string(seed));
    if (name == "generic_a") check_runtime(seed, true);
    if (name == "generic_b") check_runtime(seed, false);
    if (name == "anonymous") hidden(seed);
    if (name == "constructor") Cart made(seed);
    if (name == "method") cart.add(seed, "item");
    if (name == "call_operator") cart(seed);
    if (name == "shift_operator") cart << seed;
    if (name == "conversion") { if (cart) sink = 1; }
    if (name == "abi_tag") cart.name(seed);
    if (name == "template") Shelf<std::map<int, std::string>, 4>().put(std::vector<int>{seed});
    if (name == "lambda") apply([&](int n) { sink = n; report(StockError("lambda " + std::to_string(n))); }, seed);
    if (name == "function") { std::function<void(int)> call = [&](int n) { sink = n; report(StockError("function " + std::to_string(n))); }; call(seed); }
    if (name == "deep") deeper(seed, seed);
    if (name == "c_function") c_function(seed);
    if (name == "use_after_free") use_after_free(seed);
    if (name == "heap_overflow") overflow(seed);
    if (name == "null_pointer") null_pointer(seed);
    if (name == "not_found") not_found(seed);
    if (name == "abort") aborts(seed);
    if (name == "endless") sink = endless(seed);
    if (name == "division") sink = divide(seed - seed);
}

int main(int, char** arguments)
{
#ifdef GLOG
    google::InstallFailureSignalHandler();
#endif
    run(arguments[1], atoi(arguments[2]));
    return 0;
}
