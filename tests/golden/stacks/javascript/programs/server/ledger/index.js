"use strict";

class LedgerError extends Error {}
LedgerError.prototype.name = "LedgerError";

function write(entry) {
  throw new LedgerError(`entry ${entry} is refused`);
}

exports.post = function post(entry) {
  write(entry);
};

exports.each = function each(entries, visit) {
  for (const entry of entries) visit(entry);
};

exports.later = (entry) => new Promise((resolve, reject) => setImmediate(() => reject(new LedgerError(`entry ${entry} is late`))));
