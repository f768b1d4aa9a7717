package com.shop;

import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** One method a case; what the cases have in common is below. */
public class Orders {
    static final class Item {
        private final String name;

        Item(String name) {
            if (name.startsWith("item")) {
                throw new IllegalArgumentException("no such item: " + name);
            }
            this.name = name;
        }
    }

    public void plain(int seed) {
        pay(seed);
    }

    public void other_function(int seed) {
        refund(seed);
    }

    public void other_type(int seed) throws Exception {
        ship(seed);
    }

    public void cause(int seed) {
        charge(seed);
    }

    public void cause_other(int seed) {
        try {
            new Gateway("db" + seed + ".internal").handshake(5432 + seed);
        } catch (IOException down) {
            throw new PaymentError("no payment for order " + seed, down);
        }
    }

    public void cause_three(int seed) {
        try {
            charge(seed);
        } catch (PaymentError error) {
            throw new IllegalStateException("cart " + seed + " failed", error);
        }
    }

    public void suppressed(int seed) throws Exception {
        try (Gateway gateway = new Gateway("db" + seed)) {
            pay(seed);
        }
    }

    public void circular(int seed) {
        PaymentError inner = new PaymentError("order " + seed);
        PaymentError outer = new PaymentError("cart " + seed, inner);
        inner.initCause(outer);
        throw outer;
    }

    public void lambda(int seed) {
        List<String> names = Stream.of(seed, seed + 1).map(n -> {
            if (n == seed + 1) {
                throw new PaymentError("order " + n + " in a lambda");
            }
            return "n" + n;
        }).collect(Collectors.toList());
        System.out.println(names);
    }

    public void lambda_in_lambda(int seed) {
        Supplier<Supplier<String>> outer = () -> () -> {
            throw new PaymentError("order " + seed + " in an inner lambda");
        };
        outer.get().get();
    }

    public void anonymous(int seed) throws Exception {
        new Callable<String>() {
            @Override
            public String call() {
                throw new PaymentError("order " + seed + " in an anonymous class");
            }
        }.call();
    }

    public void constructor(int seed) {
        new Item("item" + seed);
    }

    public void static_initializer(int seed) {
        System.out.println(Config.limit() + seed);
    }

    public void jdk_proxy(int seed) {
        Store target = new StoreOnDisk();
        Store store = (Store) Proxy.newProxyInstance(Store.class.getClassLoader(), new Class<?>[] {Store.class},
            (proxy, method, arguments) -> method.invoke(target, arguments));
        store.load(seed);
    }

    public void reflection(int seed) throws Exception {
        Method method = Orders.class.getDeclaredMethod("find", int.class, boolean.class);
        for (int i = 0; i < 15 * seed; i++) {
            method.invoke(this, seed, true);
        }
        method.invoke(this, seed, false);
    }

    public void executor(int seed) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(2);
        try {
            pool.submit(() -> pay(seed)).get();
        } finally {
            pool.shutdown();
        }
    }

    public void completable(int seed) {
        CompletableFuture.supplyAsync(() -> seed).thenApply(this::check).join();
    }

    public void library_only(int seed) {
        Iterator<Integer> empty = new ArrayList<Integer>().iterator();
        CompletableFuture.supplyAsync(empty::next).join();
    }

    public void library_called(int seed) {
        Integer.parseInt("order" + seed);
    }

    public void recursion(int seed) {
        even(seed);
    }

    public void generic_a(int seed) {
        throw new RuntimeException("cart " + seed + " is empty");
    }

    public void generic_b(int seed) {
        if (seed > 0) {
            throw new RuntimeException("cart " + seed + " is closed");
        }
    }

    public void null_pointer(int seed) {
        String name = seed > 0 ? null : "x";
        System.out.println(name.length());
    }

    /** The JVM throws what is thrown often without a stack. */
    public void fast_throw(int seed) {
        int[] none = new int[0];
        for (int i = 0; i < 300000; i++) {
            try {
                none[seed] = i;
            } catch (ArrayIndexOutOfBoundsException error) {
                if (error.getStackTrace().length == 0) {
                    throw error;
                }
            }
        }
    }

    public void quiet_cause(int seed) {
        throw new PaymentError("order " + seed + " failed", new QuietError("line " + seed));
    }

    public void message_lines(int seed) {
        throw new PaymentError("order " + seed + " is malformed\n at [Source: (String)\"{order: " + seed
            + "}\"; line: " + seed + ", column: 2] (through reference chain: Order[\"id\"])\n\tat line 4\n  (no frame)\n");
    }

    public void remote(int seed) {
        throw new PaymentError("the warehouse says: com.depot.Missing: part " + seed + "\n\tat com.depot.Depot.find(Depot.java:"
            + (90 + seed) + ")\n\tat com.depot.Depot.main(Depot.java:3)\nend of what the warehouse says");
    }

    private void pay(int order) {
        if (order >= 0) {
            throw new PaymentError("order " + order + " is closed");
        }
    }

    private void refund(int order) {
        throw new PaymentError("order " + order + " is closed");
    }

    private void ship(int order) throws StockError {
        throw new StockError("order " + order + " is closed");
    }

    private void charge(int order) {
        try {
            new Gateway("db" + order + ".internal").connect(5432 + order);
        } catch (IOException down) {
            throw new PaymentError("no payment for order " + order, down);
        }
    }

    private int check(int order) {
        throw new PaymentError("order " + order + " is not valid");
    }

    void find(int order, boolean known) {
        if (!known) {
            throw new PaymentError("order " + order + " is unknown");
        }
    }

    private void even(int n) {
        odd(n + 1);
    }

    private void odd(int n) {
        even(n + 1);
    }
}
