# Stands for a web server and OpenTelemetry around the program: the recorder puts it where gems are.
class Server
  def handle(&block)
    [1].each do |_|
      catch(:done) { in_span(&block) }
    end
  end

  def in_span
    yield
  end
end
