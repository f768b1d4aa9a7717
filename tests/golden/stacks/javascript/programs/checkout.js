// One classic script for every engine: V8, SpiderMonkey, JavaScriptCore, Hermes. The recorder puts blank lines before
// it, appends `run(seed)`, and defines `say(text)`. No call whose frame matters is a tail call: JavaScriptCore drops those.

class PaymentError extends Error {}
PaymentError.prototype.name = "PaymentError";
class StockError extends Error {}
StockError.prototype.name = "StockError";
class LateError extends Error {
  constructor(message) {
    super(message);
    this.name = "LateError";
  }
}

class Cart {
  constructor(order) {
    this.order = order;
    if (order < 0) throw new PaymentError(`an order can't be ${order}`);
  }
  pay() {
    throw new PaymentError(`no payment for order ${this.order}`);
  }
  get total() {
    throw new PaymentError(`no total for order ${this.order}`);
  }
  static from(order) {
    throw new PaymentError(`no cart for order ${order}`);
  }
  async close() {
    await null;
    throw new PaymentError(`order ${this.order} is not open`);
  }
}

function charge(order) {
  throw new PaymentError(`no payment for order ${order}`);
}

function refund(order) {
  throw new PaymentError(`no payment for order ${order}`);
}

function reserve(order) {
  throw new StockError(`no payment for order ${order}`);
}

function prices(order) {
  const found = [order, order + 1].map((item) => {
    throw new PaymentError(`no price for item ${item}`);
  });
  return [found];
}

function describe(order) {
  return [order.customer.name];
}

function call(order) {
  const helper = order.helper;
  return [helper(order)];
}

function check(order, word) {
  throw new Error(word === "late" ? `order ${order} is late` : `order ${order} is too large`);
}

function even(order) {
  return 1 + odd(order + 1);
}

function odd(order) {
  return 1 + even(order + 1);
}

async function load(order) {
  await null;
  throw new PaymentError(`order ${order} did not load`);
}

async function loadAll(order) {
  const loaded = await load(order);
  return loaded;
}

function* rows(order) {
  yield order;
  throw new PaymentError(`row ${order} is broken`);
}

function late(order) {
  throw new LateError(`order ${order} came late`);
}

function parse(order) {
  const found = eval(`charge(${order})`);
  return [found];
}

function compile(order) {
  const found = new Function("charge", "order", "const found = charge(order); return [found];")(charge, order);
  return [found];
}

// (module $shop (func $price unreachable) (func $total (export "total") call $price))
const WASM = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 3, 2, 0, 0, 7, 9, 1, 5, 116, 111, 116, 97, 108, 0, 1, 10, 10, 2, 3, 0, 0,
  11, 4, 0, 16, 0, 11, 0, 29, 4, 110, 97, 109, 101, 0, 5, 4, 115, 104, 111, 112, 1, 15, 2, 0, 5, 112, 114, 105, 99, 101, 1, 5,
  116, 111, 116, 97, 108,
];

function trap() {
  const total = new WebAssembly.Instance(new WebAssembly.Module(new Uint8Array(WASM))).exports.total;
  return [total()];
}

const table = {
  lookUp(order) {
    throw new PaymentError(`no row for order ${order}`);
  },
  ["go" + "Computed"](order) {
    throw new PaymentError(`no row for order ${order}`);
  },
};

function lines(order) {
  throw new PaymentError(`order ${order} has faults:\n  at the till: 3\n  total is ${order}`);
}

function retry(work) {
  return [work()];
}

const CASES = {
  plain: (seed) => charge(seed),
  other_function: (seed) => refund(seed),
  other_type: (seed) => reserve(seed),
  method: (seed) => new Cart(seed).pay(),
  getter: (seed) => new Cart(seed).total,
  static_method: (seed) => Cart.from(seed),
  constructor: (seed) => new Cart(-seed),
  callback: (seed) => prices(seed),
  undefined_property: (seed) => describe({ seed }),
  not_a_function: (seed) => call({ seed }),
  generic_a: (seed) => check(seed, "late"),
  generic_b: (seed) => check(seed, "large"),
  recursion: (seed) => (seed % 2 ? even(seed) : odd(seed)),
  awaited: (seed) => loadAll(seed),
  awaited_method: (seed) => new Cart(seed).close(),
  generator: (seed) => Array.from(rows(seed)),
  named_later: (seed) => late(seed),
  evaluated: (seed) => parse(seed),
  compiled: (seed) => compile(seed),
  object_method: (seed) => table.lookUp(seed),
  computed_method: (seed) => table.goComputed(seed),
  web_assembly: () => trap(),
  message_lines: (seed) => lines(seed),
  anonymous: (seed) =>
    retry(() => {
      throw new PaymentError(`nobody calls for order ${seed}`);
    }),
};

function show(name, error) {
  say("#### " + name + "\n" + JSON.stringify({ type: error.name, message: error.message }) + "\n" + error.stack + "\n");
}

async function run(seed) {
  for (const name of Object.keys(CASES)) {
    try {
      await CASES[name](seed);
      say("#### " + name + " did not throw\n");
    } catch (error) {
      show(name, error);
    }
  }
}
