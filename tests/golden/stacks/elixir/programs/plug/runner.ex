defmodule Plug.Runner do
  @moduledoc "Stands for a web server around the program: the recorder makes it the dependency `plug`."

  def run(call) do
    result = call.()
    {:ok, result}
  end
end
