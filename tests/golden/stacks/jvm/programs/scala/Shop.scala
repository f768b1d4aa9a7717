package shop

class PaymentError(message: String, cause: Throwable = null) extends RuntimeException(message, cause)

trait Store {
  def load(order: Int): String = throw new PaymentError("order " + order + " is not stored")
  private[shop] def hidden(order: Int): String = check(order)
  private def check(order: Int): String = throw new PaymentError("order " + order + " is hidden")
}

case class Item(name: String) {
  require(!name.startsWith("item"), "no such item: " + name)
}

class Orders extends Store {
  lazy val late: Int = throw new PaymentError("late " + hashCode)

  def plain(order: Int): Unit = throw new PaymentError("order " + order + " is closed")
  def inTrait(order: Int): Unit = load(order)
  def inPrivateOfTrait(order: Int): Unit = hidden(order)
  def inFunction(order: Int): Unit =
    List(order).foreach { n => throw new PaymentError("order " + n + " in a function") }
  def inNested(order: Int): Unit =
    List(order).foreach { n => List(n).map { m => throw new PaymentError("order " + m + " in a nested function") } }
  def inLocal(order: Int): Unit = {
    def inner(n: Int): Unit = if (n > 0) throw new PaymentError("order " + n + " in a local method") else inner(order)
    inner(order)
  }
  def inAnonymous(order: Int): Unit =
    new Runnable { def run(): Unit = throw new PaymentError("order " + order + " in an anonymous class") }.run()
  def inPartial(order: Int): Unit =
    List[Any](order).collect { case n: Int => throw new PaymentError("order " + n + " in a partial function") }
  def inLazy(order: Int): Unit = println(late + order)
  def ++(order: Int): Unit = throw new PaymentError("order " + order + " by an operator")
  def noMatch(order: Int): Unit = order match { case -1 => () }
  def constructed(order: Int): Unit = println(Item("item" + order))
  def byName(order: Int): Unit = Orders.twice(throw new PaymentError("order " + order + " by name"))
  def wrapped(order: Int): Unit =
    try plain(order)
    catch { case error: PaymentError => throw new IllegalStateException("cart " + order, error) }
}

object Orders {
  def inObject(order: Int): Unit = throw new PaymentError("order " + order + " in an object")
  def default(order: Int)(name: String = throw new PaymentError("order " + order + " has no name")): Unit = println(name)
  def twice(value: => Unit): Unit = { value; value }
}

object Main {
  def main(arguments: Array[String]): Unit = {
    val seed = arguments(0).toInt
    val orders = new Orders
    def seen(name: String)(block: => Any): Unit =
      try { block; () }
      catch {
        case error: Throwable =>
          val text = new java.io.StringWriter
          error.printStackTrace(new java.io.PrintWriter(text))
          println("#### scala_" + name)
          print(text)
      }
    seen("plain")(orders.plain(seed))
    seen("in_trait")(orders.inTrait(seed))
    seen("in_private_of_trait")(orders.inPrivateOfTrait(seed))
    seen("in_function")(orders.inFunction(seed))
    seen("in_nested")(orders.inNested(seed))
    seen("in_local")(orders.inLocal(seed))
    seen("in_anonymous")(orders.inAnonymous(seed))
    seen("in_partial")(orders.inPartial(seed))
    seen("in_lazy")(orders.inLazy(seed))
    seen("operator")(orders ++ seed)
    seen("no_match")(orders.noMatch(seed))
    seen("constructed")(orders.constructed(seed))
    seen("by_name")(orders.byName(seed))
    seen("wrapped")(orders.wrapped(seed))
    seen("in_object")(Orders.inObject(seed))
    seen("default_argument")(Orders.default(seed)())
  }
}
