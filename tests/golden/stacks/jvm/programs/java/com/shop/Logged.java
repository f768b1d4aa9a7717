package com.shop;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.PatternLayout;
import ch.qos.logback.classic.spi.LoggingEvent;
import java.util.Map;
import java.util.Set;

/** The stack as logback prints it: with packaging data, and with the root cause first. */
class Logged {
    private static final Set<String> CASES = Set.of("plain", "cause", "cause_three", "suppressed", "proxied_spring", "lambda");

    static void print(Throwable error, String name) {
        if (CASES.contains(name)) {
            for (Map.Entry<String, String> view : Map.of("packaging", "%d [%thread] %-5level %logger - %msg%n%xEx",
                "rootfirst", "%msg%n%rEx", "short", "%ex{4}").entrySet()) {
                System.out.println("#### " + view.getKey());
                System.out.print(format(error, view.getValue()));
            }
        }
    }

    private static String format(Throwable error, String pattern) {
        LoggerContext context = new LoggerContext();
        context.setPackagingDataEnabled(true);
        PatternLayout layout = new PatternLayout();
        layout.setContext(context);
        layout.setPattern(pattern);
        layout.start();
        Logger logger = context.getLogger("com.shop.Shop");
        return layout.doLayout(new LoggingEvent(Logged.class.getName(), logger, Level.ERROR, "an order failed", error, null));
    }
}
