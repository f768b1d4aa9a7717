package com.shop;

import java.lang.reflect.InvocationTargetException;
import net.bytebuddy.ByteBuddy;
import net.bytebuddy.implementation.MethodDelegation;
import net.bytebuddy.implementation.bind.annotation.SuperCall;
import net.bytebuddy.matcher.ElementMatchers;
import org.springframework.aop.MethodBeforeAdvice;
import org.springframework.aop.framework.ProxyFactory;

/** The same raise behind the proxies of libraries. */
public class Proxied {
    /** The target of proxies. */
    public static class Ledger {
        public void book(int order) {
            throw new PaymentError("order " + order + " can't be booked");
        }

        public void enter(int order) {
            throw new PaymentError("order " + order + " can't be entered");
        }
    }

    /** Raises in an interceptor. */
    public static class Guard {
        public static void intercept(@SuperCall java.util.concurrent.Callable<Void> next) throws Exception {
            next.call();
        }
    }

    public void proxied_spring(int seed) {
        ProxyFactory factory = new ProxyFactory(new Ledger());
        factory.setProxyTargetClass(true);
        factory.addAdvice((MethodBeforeAdvice) (method, arguments, target) -> System.gc());
        ((Ledger) factory.getProxy()).book(seed);
    }

    public void proxied_bytebuddy(int seed) throws Exception {
        Ledger ledger = new ByteBuddy().subclass(Ledger.class).method(ElementMatchers.named("enter"))
            .intercept(MethodDelegation.to(Guard.class)).make()
            .load(Ledger.class.getClassLoader()).getLoaded().getDeclaredConstructor().newInstance();
        ledger.enter(seed);
    }

    public void proxied_javassist(int seed) throws Exception {
        javassist.util.proxy.ProxyFactory factory = new javassist.util.proxy.ProxyFactory();
        factory.setSuperclass(Ledger.class);
        Ledger ledger = (Ledger) factory.create(new Class<?>[0], new Object[0], (self, method, proceed, arguments) -> {
            try {
                return proceed.invoke(self, arguments);
            } catch (InvocationTargetException wrapped) {
                throw wrapped.getCause();
            }
        });
        ledger.book(seed);
    }

    public void proxied_advice(int seed) {
        ProxyFactory factory = new ProxyFactory(new Ledger());
        factory.setProxyTargetClass(true);
        factory.addAdvice((MethodBeforeAdvice) (method, arguments, target) -> {
            throw new PaymentError("order " + seed + " is not allowed");
        });
        ((Ledger) factory.getProxy()).book(seed);
    }
}
