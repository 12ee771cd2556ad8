// Prints the conformance tests of the specification, one a line: {"file", "name", "test"}.
import { tests } from "@bufbuild/cel-spec/testdata/conformance.js";

// JSON has no sign for zero; a reader of numbers takes the text as well.
const exact = (_, held) => (Object.is(held, -0) ? "-0.0" : held);

function print(file, suite, path) {
  for (const inner of suite.suites ?? []) print(file, inner, [...path, inner.name]);
  for (const { original } of suite.tests ?? []) {
    console.log(JSON.stringify({ file, name: [...path, original.name].join("/"), test: original }, exact));
  }
}

for (const file of tests.suites) print(file.name, file, [file.name]);
