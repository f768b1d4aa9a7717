package com.shop;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.InvocationTargetException;
import java.util.concurrent.Callable;

/** Shop CASE SEED: prints "#### view" and the stack, as an SDK that calls printStackTrace has it. */
public class Shop {
    public static void main(String[] arguments) throws Exception {
        int seed = Integer.parseInt(arguments[1]);
        Runnable run = () -> attempt(arguments[0], seed);
        if (seed % 3 == 1) {
            Thread thread = new Thread(run, "worker-" + seed);
            thread.start();
            thread.join();
        } else {
            run.run();
        }
    }

    static void attempt(String name, int seed) {
        try {
            call(name, seed);
        } catch (Throwable error) {
            StringWriter text = new StringWriter();
            error.printStackTrace(new PrintWriter(text));
            System.out.println("#### seen");
            System.out.print(text);
            Logged.print(error, name);
        }
    }

    static void call(String name, int seed) throws Throwable {
        Class<?> type = name.startsWith("proxied") ? Proxied.class : Orders.class;
        Object target = type.getDeclaredConstructor().newInstance();
        java.lang.invoke.MethodHandle handle = java.lang.invoke.MethodHandles.lookup()
            .findVirtual(type, name, java.lang.invoke.MethodType.methodType(void.class, int.class));
        if (seed % 2 == 0) {
            handle.invoke(target, seed);
            return;
        }
        try {
            type.getMethod(name, int.class).invoke(target, seed);
        } catch (InvocationTargetException wrapped) {
            throw wrapped.getCause();
        }
    }
}
