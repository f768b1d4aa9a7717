INSERT INTO {database:Identifier}.otel_errors_schema (Name, Number, Digest)
SELECT {name:String}, {number:UInt32}, {digest:String}
