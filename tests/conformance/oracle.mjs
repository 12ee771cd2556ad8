// Prints expressions with inputs and what @bufbuild/cel makes of them: {"request", "expected"} a line.
// Usage: node oracle.mjs SEED COUNT
import { celEnv, celUint, isCelError, isCelList, isCelMap, isCelType, isCelUint, parse, plan } from "@bufbuild/cel";
import { strings } from "@bufbuild/cel/ext";
import { fromJson, toJson } from "@bufbuild/protobuf";
import { DurationSchema, TimestampSchema } from "@bufbuild/protobuf/wkt";
import { Generator, Random } from "./generator.mjs";

const GOOGLE = "type.googleapis.com/google.protobuf.";
const schemas = { [`${GOOGLE}Timestamp`]: TimestampSchema, [`${GOOGLE}Duration`]: DurationSchema };

function input(form) {
  const [[kind, held]] = Object.entries(form);
  switch (kind) {
    case "int64Value": return BigInt(held);
    case "uint64Value": return celUint(BigInt(held));
    case "doubleValue": return Number(held);
    case "bytesValue": return new Uint8Array(Buffer.from(held, "base64"));
    case "objectValue": return fromJson(schemas[held["@type"]], held.value);
    case "listValue": return held.values.map(input);
    case "mapValue": return new Map(held.entries.map(({ key, value }) => [input(key), input(value)]));
    default: return held;
  }
}

function real(number) {
  if (Number.isNaN(number)) return "NaN";
  if (!Number.isFinite(number)) return number > 0 ? "Infinity" : "-Infinity";
  return Object.is(number, -0) ? "-0.0" : number;
}

function output(value) {
  if (value === null) return { nullValue: null };
  if (typeof value === "boolean") return { boolValue: value };
  if (typeof value === "bigint") return { int64Value: String(value) };
  if (typeof value === "number") return { doubleValue: real(value) };
  if (typeof value === "string") return { stringValue: value };
  if (isCelUint(value)) return { uint64Value: String(value.value) };
  if (value instanceof Uint8Array) return { bytesValue: Buffer.from(value).toString("base64") };
  if (isCelType(value)) return { typeValue: value.name };
  if (isCelList(value)) return { listValue: { values: [...value].map(output) } };
  if (isCelMap(value)) {
    return { mapValue: { entries: [...value].map(([key, held]) => ({ key: output(key), value: output(held) })) } };
  }
  const message = value.message ?? value;
  const type = `type.googleapis.com/${message.$typeName}`;
  return { objectValue: { "@type": type, value: toJson(schemas[type], message) } };
}

function answer(env, request) {
  try {
    const bindings = Object.fromEntries(Object.entries(request.bindings).map(([name, form]) => [name, input(form)]));
    const value = plan(env, parse(request.expr))(bindings);
    return isCelError(value) ? { error: String(value.message ?? value) } : { value: output(value) };
  } catch (wrong) {
    return { error: String(wrong.message ?? wrong) };
  }
}

const [seed, count] = process.argv.slice(2).map(Number);
const generator = new Generator(new Random(seed));
const env = celEnv({ funcs: strings });
const lines = [];
for (let i = 0; i < count; ++i) {
  const request = { expr: generator.expression(), bindings: generator.bindings(), disable_check: true };
  lines.push(JSON.stringify({ request, expected: answer(env, request) }));
}
process.stdout.write(`${lines.join("\n")}\n`);
