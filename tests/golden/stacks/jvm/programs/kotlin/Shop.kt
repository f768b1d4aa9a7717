package com.shop

import java.util.concurrent.Callable
import kotlin.coroutines.Continuation
import kotlin.coroutines.EmptyCoroutineContext
import kotlin.coroutines.resume
import kotlin.coroutines.startCoroutine
import kotlin.coroutines.suspendCoroutine

class PaymentError(message: String, cause: Throwable? = null) : RuntimeException(message, cause)

data class StockError(val order: Int) : Exception()

interface Store {
    fun load(order: Int): String = throw PaymentError("order $order is not stored")
}

inline class OrderId(val number: Int)

class Orders : Store {
    fun plain(order: Int) {
        throw PaymentError("order $order is closed")
    }

    fun printed_by_itself(order: Int) {
        throw StockError(order)
    }

    fun default_method(order: Int) {
        load(order)
    }

    fun value_class(id: OrderId) {
        throw PaymentError("order ${id.number} is closed")
    }

    fun String.extended(order: Int) {
        throw PaymentError("$this $order")
    }

    fun extension(order: Int) = "order".extended(order)

    fun default_argument(order: Int, name: String = throw PaymentError("order $order has no name")) = println(name)

    fun in_lambda(order: Int) {
        val names: (Int) -> String = { n -> throw PaymentError("order $n in a lambda") }
        names(order)
    }

    fun in_runnable(order: Int) {
        Thread.currentThread().let { Runnable { throw PaymentError("order $order in a runnable") }.run() }
    }

    fun in_object(order: Int) {
        object : Callable<String> {
            override fun call(): String = throw PaymentError("order $order in an object")
        }.call()
    }

    fun inlined(order: Int) {
        listOf(order).forEach { throw PaymentError("order $it") }
    }

    fun in_local(order: Int) {
        fun inner(n: Int) {
            if (n > 0) throw PaymentError("order $n in a local function") else inner(order)
        }
        inner(order)
    }

    suspend fun resumed(order: Int) {
        hop()
        throw PaymentError("order $order after a suspension")
    }

    suspend fun not_resumed(order: Int) {
        throw PaymentError("order $order before a suspension")
    }

    suspend fun in_suspend_lambda(order: Int) {
        val block: suspend () -> Unit = {
            hop()
            throw PaymentError("order $order in a suspend lambda")
        }
        block()
    }

    fun wrapped(order: Int) {
        try {
            plain(order)
        } catch (error: PaymentError) {
            throw IllegalStateException("cart $order", error)
        }
    }

    companion object {
        fun in_companion(order: Int) {
            require(order < 0) { "order $order is positive" }
        }
    }
}

private suspend fun hop() = suspendCoroutine<Unit> { next -> Thread { next.resume(Unit) }.start() }

fun top_level(order: Int) {
    error("order $order is closed")
}

fun seen(name: String, block: suspend () -> Unit) {
    val done = java.util.concurrent.CountDownLatch(1)
    block.startCoroutine(object : Continuation<Unit> {
        override val context = EmptyCoroutineContext
        override fun resumeWith(result: Result<Unit>) {
            val text = java.io.StringWriter()
            result.exceptionOrNull()!!.printStackTrace(java.io.PrintWriter(text))
            println("#### kotlin_$name")
            print(text)
            done.countDown()
        }
    })
    done.await()
}

fun main(arguments: Array<String>) {
    val seed = arguments[0].toInt()
    val orders = Orders()
    seen("plain") { orders.plain(seed) }
    seen("printed_by_itself") { orders.printed_by_itself(seed) }
    seen("default_method") { orders.default_method(seed) }
    seen("value_class") { orders.value_class(OrderId(seed)) }
    seen("extension") { orders.extension(seed) }
    seen("default_argument") { orders.default_argument(seed) }
    seen("in_lambda") { orders.in_lambda(seed) }
    seen("in_runnable") { orders.in_runnable(seed) }
    seen("in_object") { orders.in_object(seed) }
    seen("inlined") { orders.inlined(seed) }
    seen("in_local") { orders.in_local(seed) }
    seen("resumed") { orders.resumed(seed) }
    seen("not_resumed") { orders.not_resumed(seed) }
    seen("in_suspend_lambda") { orders.in_suspend_lambda(seed) }
    seen("wrapped") { orders.wrapped(seed) }
    seen("in_companion") { Orders.in_companion(seed) }
    seen("top_level") { top_level(seed) }
}
