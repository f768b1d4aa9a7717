# Stands for a gem that the program uses: the recorder puts it where gems are.
module Ledger
  class Closed < StandardError; end

  class Book
    def enter(order)
      raise Closed, "book #{order} is closed"
    end
  end

  class Worker
    def run(order)
      Book.new.enter(order)
    end
  end
end
