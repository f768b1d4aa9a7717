defmodule Shop.PaymentError do
  defexception [:message]
end

defmodule Shop.GatewayDown do
  defexception [:host]
  def message(error), do: "#{error.host}:443 does not answer"
end

defmodule Shop.Pay do
  @moduledoc "A shop that fails: every public function with an order raises."
  alias Shop.{GatewayDown, PaymentError}

  def plain(order), do: raise(PaymentError, message: "no payment for order #{order}")

  def other_function(order), do: raise(PaymentError, message: "no payment for order #{order}")

  def other_type(order), do: raise(GatewayDown, host: "10.0.0.#{rem(order, 250)}")

  def anonymous(order) do
    check = fn number ->
      raise PaymentError, message: "no payment for order #{number}"
    end

    {:ok, check.(order)}
  end

  def mapped(order) do
    Enum.map([order], fn number -> raise PaymentError, message: "no payment for row #{number}" end)
  end

  def comprehension(order) do
    for number <- [order] do
      raise PaymentError, message: "no payment for row #{number}"
    end
  end

  def captured(order) do
    Enum.each([order], &plain_row/1)
    :ok
  end

  defp plain_row(number), do: raise(PaymentError, message: "no payment for row #{number}")

  def builtin(order) do
    number = String.to_integer("#{order} pounds")
    number + 1
  end

  def match(order) do
    {:ok, number} = find(order)
    number
  end

  def function_clause(order), do: only_atoms(order)

  defp only_atoms(order) when is_atom(order), do: order
  defp only_atoms(order) when is_list(order), do: order

  def case_clause(order) do
    case find(order) do
      {:ok, number} -> number
    end
  end

  def with_clause(order) do
    with {:ok, number} <- find(order) do
      number
    else
      :missing -> 0
    end
  end

  def key_error(order) do
    total = Map.fetch!(%{order: order}, :total)
    total + 1
  end

  def undefined_function(order) do
    result = apply(Shop.Nowhere, :charge, [order])
    {:ok, result}
  end

  def arithmetic(order) do
    total = order / price(order)
    total + 1
  end

  defp price(_order), do: :persistent_term.get({__MODULE__, :price}, 0)

  def generic(order), do: raise("order #{order} is empty")

  def generic_other(order), do: raise("order #{order} was sent already")

  def thrown(order), do: throw({:no_payment, order})

  def exiting(order), do: exit({:no_payment, order})

  def erlang_error(order), do: :erlang.error({:no_payment, order})

  def protocol(order) do
    text = to_string(%{order: order})
    text <> "."
  end

  def message_lines(order) do
    raise PaymentError, message: "no payment for order #{order}:\n  card #{order} expired\n  limit #{order} reached"
  end

  def call_timeout(order) do
    {:ok, server} = Shop.Server.start(order)
    reply = GenServer.call(server, :sleep, 20)
    {:ok, reply}
  end

  def call_nobody(order) do
    reply = GenServer.call(:"nobody_#{order}", :charge)
    {:ok, reply}
  end

  def call_crash(order) do
    {:ok, server} = Shop.Server.start(order)
    reply = GenServer.call(server, :charge)
    {:ok, reply}
  end

  def in_task(order) do
    {:ok, task} = Task.start(fn -> plain(order) end)
    wait(task)
  end

  def in_server(order) do
    {:ok, server} = Shop.Server.start(order)
    GenServer.cast(server, :charge)
    wait(server)
  end

  defp wait(pid) do
    reference = Process.monitor(pid)

    receive do
      {:DOWN, ^reference, _, _, _} -> Process.sleep(50)
    end

    :logged
  end

  defp find(order), do: {:error, {:not_found, order}}
end

defmodule Shop.Server do
  use GenServer

  def start(order), do: GenServer.start(__MODULE__, order)

  @impl true
  def init(order), do: {:ok, order}

  @impl true
  def handle_call(:sleep, _from, order) do
    Process.sleep(100)
    {:reply, order, order}
  end

  def handle_call(:charge, _from, order), do: {:reply, Shop.Ledger.enter(order), order}

  @impl true
  def handle_cast(:charge, order) do
    Shop.Ledger.enter(order)
    {:noreply, order}
  end
end

defmodule Shop.Ledger do
  def enter(order) do
    raise Shop.PaymentError, message: "ledger is closed for order #{order}"
  end
end

defmodule Shop.Main do
  @moduledoc "Shop.Main.main([case, seed]) prints every view of one case's error; without a case, their names."

  @cases ~w(plain other_function other_type anonymous mapped comprehension captured builtin match function_clause case_clause
    with_clause key_error undefined_function arithmetic generic generic_other thrown exiting erlang_error protocol
    message_lines call_timeout call_nobody call_crash in_task in_server)

  def main([]), do: IO.puts(Enum.join(@cases, "\n"))

  def main([name, seed]) do
    seed = String.to_integer(seed)
    order = seed * 1013 + 17
    Logger.configure_backend(:console, format: "\n$time [$level] $message\n", device: :standard_error)

    Plug.Runner.run(fn -> deeper(rem(seed, 3), fn -> {:done, apply(Shop.Pay, String.to_atom(name), [order])} end) end)
  rescue
    error -> show(:error, error, __STACKTRACE__)
  catch
    kind, reason -> show(kind, reason, __STACKTRACE__)
  end

  defp deeper(0, call), do: call.()

  defp deeper(depth, call) do
    result = deeper(depth - 1, call)
    {:deeper, result}
  end

  defp show(kind, reason, stack) do
    print("seen", Exception.format(kind, reason, stack))

    if kind == :error do
      {blamed, blamed_stack} = Exception.blame(:error, reason, stack)
      print("blame", Exception.format(:error, blamed, blamed_stack))
      print("type", to_string(reason.__struct__))
      print("message", Exception.message(reason))
      print("sdk", Exception.format_stacktrace(stack))
    else
      print("type", to_string(kind))
      print("message", inspect(reason))
      print("sdk", Exception.format_stacktrace(stack))
    end
  end

  defp print(view, text), do: IO.puts("#### #{view}\n#{text}")
end
