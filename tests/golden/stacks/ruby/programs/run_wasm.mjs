// Run a Ruby program in a ruby.wasm package: node run_wasm.mjs NODE_MODULES PACKAGE FILE=AS... -- ARGUMENT...
// Files are compiled under the names after `=`, since this Ruby sees no folders.
import fs from "fs";
import { createRequire } from "module";
import { WASI } from "wasi";

const [modules, name, ...rest] = process.argv.slice(2);
const files = rest.slice(0, rest.indexOf("--")).map((pair) => pair.split("="));
const require = createRequire(`${modules}/x.js`);
const { RubyVM } = await import(require.resolve("@ruby/wasm-wasi").replace("/cjs/", "/esm/"));
const module = await WebAssembly.compile(fs.readFileSync(`${modules}/@ruby/${name}/dist/ruby+stdlib.wasm`));
const args = ["ruby.wasm", "-EUTF-8", "-e_=0"];
const wasip1 = new WASI({ version: "preview1", args, env: {} });
const { vm } = await RubyVM.instantiateModule({ module, wasip1, args });
const quote = (text) => JSON.stringify(text).replace(/#/g, "\\#");
vm.eval(`$stdout.sync = true; ARGV.replace(${quote(rest.slice(rest.indexOf("--") + 1))})`);
for (const [file, as] of files) {
  const source = fs.readFileSync(file, "utf8");
  vm.eval(`RubyVM::InstructionSequence.compile(${quote(source)}, ${quote(as)}, ${quote(as)}).eval`);
}
