"""The rules of the JVM's languages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collector.fingerprint.v1.languages.rules import LanguageRules

if TYPE_CHECKING:
    from collector.model import Frame


def _is_telemetry(frame: Frame) -> bool:
    # The agent moves what it brings along into packages of this name; examples of the project are programs.
    return frame.module.startswith("io.opentelemetry.") and not frame.in_app


RULES = LanguageRules(
    is_telemetry=_is_telemetry,
    middleware=(
        "akka.actor.",
        "akka.dispatch.",
        "akka.stream.",
        "android.app.",
        "android.os.",
        "clojure.lang.",
        "clojure.main.",
        "com.android.internal.os.",
        "com.sun.proxy.",
        "groovy.lang.",
        "io.netty.channel.",
        "io.netty.handler.",
        "io.netty.util.",
        "io.undertow.",
        "io.vertx.core.impl.",
        "jakarta.servlet.",
        "java.lang.Thread.",
        "java.lang.VirtualThread.",
        "java.lang.invoke.",
        "java.lang.reflect.",
        "java.security.AccessController.",
        "java.util.TimerThread.",
        "java.util.concurrent.",
        "javax.servlet.",
        "jdk.internal.",
        "jdk.proxy",
        "kotlin.coroutines.",
        "kotlinx.coroutines.",
        "net.bytebuddy.",
        "org.apache.catalina.",
        "org.apache.coyote.",
        "org.apache.groovy.",
        "org.apache.pekko.actor.",
        "org.apache.pekko.dispatch.",
        "org.apache.pekko.stream.",
        "org.apache.tomcat.",
        "org.codehaus.groovy.",
        "org.eclipse.jetty.",
        "org.glassfish.jersey.",
        "org.junit.",
        "org.springframework.aop.",
        "org.springframework.boot.",
        "org.springframework.cglib.",
        "org.springframework.security.web.",
        "org.springframework.transaction.interceptor.",
        "org.springframework.web.filter.",
        "org.springframework.web.method.support.",
        "org.springframework.web.servlet.",
        "reactor.core.",
        "reactor.netty.",
        "scala.concurrent.",
        "scala.runtime.",
        "sun.reflect.",
    ),
    runtime=("clojure.", "groovy.", "java.", "javax.", "jdk.", "kotlin.", "org.codehaus.groovy.", "scala.", "sun."),
    # `access` to a private member is a frame before Java 11. Scala 3 does not name the function around `applyOrElse`, a
    # partial function, Scala 2 does.
    passed_over=frozenset({"access", "applyOrElse"}),
    generic_types=frozenset({"Exception", "RuntimeException", "Error", "Throwable"}),
    recursion_types=frozenset({"StackOverflowError"}),
    # Functions without a name, as `locate` calls them: Clojure's, Groovy's, Scala's, Java 8's.
    unnamed=frozenset({"fn", "closure", "anonfun", "lambda"}),
    wrapper_types=frozenset({"CompletionException"}),
)
