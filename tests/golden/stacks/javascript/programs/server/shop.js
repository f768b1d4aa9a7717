// What only a server meets: causes and lists of errors as util.inspect prints them, packages, Node's own errors, spans.
// `node shop.js CASE SEED` prints `#### VIEW`, what an SDK sends beside the stack, and the stack.
"use strict";

const assert = require("node:assert");
const { EventEmitter, once } = require("node:events");
const fs = require("node:fs");
const http = require("node:http");
const net = require("node:net");
const util = require("node:util");
const ledger = require("ledger");

class PaymentError extends Error {
  get name() {
    return "PaymentError";
  }
}
class GatewayError extends Error {
  get name() {
    return "GatewayError";
  }
}

function connect(order) {
  throw new GatewayError(`gateway 10.0.0.${order} is down`);
}

function timeOut(order) {
  throw new GatewayError(`gateway 10.0.0.${order} is slow`);
}

function charge(order, work = connect) {
  try {
    work(order);
  } catch (cause) {
    throw Object.assign(new PaymentError(`no payment for order ${order}`, { cause }), { code: "E_PAY", order });
  }
}

function bill(order) {
  try {
    charge(order);
  } catch (cause) {
    throw new Error(`order ${order} is not billed`, { cause });
  }
}

async function ask(gateway) {
  await null;
  throw new GatewayError(`gateway ${gateway} is down`);
}

async function askAll(count) {
  const gateways = Array.from({ length: count }, (_, number) => number);
  const first = await Promise.any(gateways.map((gateway) => ask(gateway)));
  return first;
}

async function sumUp(order) {
  const sums = await Promise.all([order, order + 1].map(async (item) => {
    await null;
    throw new PaymentError(`item ${item} has no sum`);
  }));
  return sums;
}

function readConfig(name) {
  return fs.readFileSync(`/nowhere/${name}.json`, "utf8");
}

function parseConfig(text) {
  return JSON.parse(text);
}

function book(entry) {
  ledger.post(entry);
}

function bookAll(entries) {
  ledger.each(entries, (entry) => {
    throw new PaymentError(`entry ${entry} has no price`);
  });
}

async function bookLater(entry) {
  await ledger.later(entry);
}

function checkSum(order) {
  assert.strictEqual(order, -order);
}

function send(order) {
  Buffer.alloc(String(order));
}

function onOrder(order) {
  throw new PaymentError(`order ${order} is not handled`);
}

async function refuse() {
  const socket = net.connect(1, "127.0.0.1");
  const [error] = await once(socket, "error").catch((refused) => [refused]);
  throw error;
}

async function serve(order) {
  const express = require("express");
  const application = express();
  application.get("/orders/:order", (request) => {
    throw new PaymentError(`no order ${request.params.order}`);
  });
  let caught;
  application.use((error, request, response, next) => {
    caught = error;
    response.end();
  });
  const server = application.listen(0, "127.0.0.1");
  await once(server, "listening");
  await new Promise((resolve) => http.get({ port: server.address().port, path: `/orders/${order}` }, resolve));
  server.close();
  server.closeAllConnections();
  throw caught;
}

async function trace(order) {
  const { trace: api } = require("@opentelemetry/api");
  const sdk = require("@opentelemetry/sdk-trace-base");
  const exporter = new sdk.InMemorySpanExporter();
  const provider = new sdk.BasicTracerProvider({ spanProcessors: [new sdk.SimpleSpanProcessor(exporter)] });
  api.setGlobalTracerProvider(provider);
  const tracer = api.getTracer("shop");
  const within = (name, work) =>
    tracer.startActiveSpan(name, (span) => {
      try {
        return work();
      } catch (error) {
        span.recordException(error);
        throw error;
      } finally {
        span.end();
      }
    });
  function deliver() {
    throw new PaymentError(`order ${order} is not delivered`);
  }
  try {
    within("outer", () => within("inner", () => deliver()));
  } catch (error) {
    show("log_record", error);
  }
  for (const span of exporter.getFinishedSpans()) {
    const sent = span.events[0].attributes;
    print(`span_${span.name}`, sent["exception.type"], sent["exception.message"], sent["exception.stacktrace"]);
  }
}

function print(view, type, message, stack) {
  console.log(`#### ${view}\n${JSON.stringify({ type, message })}\n${stack}`);
}

function show(view, error) {
  print(view, error.name, error.message, error.stack);
}

const CASES = {
  cause: (seed) => charge(seed),
  cause_other: (seed) => charge(seed, timeOut),
  cause_of_cause: (seed) => bill(seed),
  any: (seed) => askAll(1 + (seed % 3)),
  all: (seed) => sumUp(seed),
  no_file: (seed) => readConfig(`order-${seed}`),
  bad_json: (seed) => parseConfig(`{"order": ${seed}`),
  package: (seed) => book(seed),
  package_callback: (seed) => bookAll([seed, seed + 1]),
  package_later: (seed) => bookLater(seed),
  assertion: (seed) => checkSum(seed),
  argument: (seed) => send(seed),
  listener: (seed) => new EventEmitter().on("order", onOrder).emit("order", seed),
  refused: () => refuse(),
  route: (seed) => serve(seed),
  span: (seed) => trace(seed),
};
const INSPECTED = new Set(["cause", "cause_other", "cause_of_cause", "any"]);

async function main(name, seed) {
  if (name === "uncaught") setTimeout(() => onOrder(seed), 1);
  else if (name === "syntax") require("./broken");
  else if (name === "rejected") Promise.reject(`order ${seed}`);
  else {
    try {
      await CASES[name](seed);
    } catch (error) {
      if (INSPECTED.has(name)) print("seen", error.name, error.message, util.inspect(error));
      else show("seen", error);
    }
  }
}

if (process.argv[2] === "--list") console.log(Object.keys(CASES).join(" "), "uncaught syntax rejected");
else main(process.argv[2], Number(process.argv[3]));
