// Writes stringify.json: for each text, what JSON.stringify(JSON.parse(text))
// gives in Node, or error: true where JSON.parse throws. A text that is not UTF-8
// is given as hex and decoded as Node decodes any incoming text.
//
//   node testdata/generate.mjs > testdata/stringify.json

const valid = [
  // Literals and white space.
  "null", "true", "false", " \t\r\n null \t\r\n ", "[ 1 , 2 ]", '{ "a" : 1 , "b" : [ ] }', "[]", "{}", "[[],{}]",
  // Numbers.
  "0", "-0", "-0.0", "-0e5", "0.0", "0e10", "1", "-1", "1.0", "1.50", "1e0", "1E2", "1e+2", "1e-2", "10.0e-1", "100e-2",
  "123456789012345", "1234567890123456", "12345678901234567", "12345678901234567890", "9007199254740991",
  "9007199254740992", "9007199254740993", "-9007199254740993", "99999999999999999999", "100000000000000000000",
  "1e20", "1e21", "1e22", "123e20", "999999999999999999999", "1000000000000000000000", "1e-6", "1e-7", "0.000001", "0.0000001",
  "0.0000010", "0.00000123", "0.000000123", "-0.000001", "1.0000000000000001", "0.1", "0.30000000000000004", "0.1234567890123456789",
  "1.7976931348623157e308", "1e308", "1e309", "-1e309", "1e400", "1e-400", "-1e-400", "5e-324", "2e-324", "3e-324", "2.2250738585072014e-308",
  "4.9406564584124654e-324", "1e100", "1.5e100", "1e-100", "1e-10", "1.25e-9", "123456.789", "123456789.0123456", "4.35", "0.5", "1e23", "8.41e21",
  "9.5367431640625e-7", "1" + "0".repeat(400), "0." + "0".repeat(400) + "1", "1." + "3".repeat(2000), "1e0000000000000000001", "1e99999999999999999999", "0e99999999999999999999",
  // Strings.
  '""', '"a"', '"\\""', '"\\\\"', '"\\/"', '"/"', '"\\b\\f\\n\\r\\t"', '"\\u0008\\u000c\\u000a\\u000D\\u0009"',
  '"\\u0000\\u0001\\u001f\\u001F\\u0020"', '"\\u007f\u007f"', '"\\u0022\\u005c\\u002f"', '"\\u0041\\u00e9\\u4e2d"', '"\u00e9\u4e2d\ud83d\ude00"',
  '"\\u2028\\u2029\u2028\u2029"', '"<script>&amp;</script>"', '"\\u003c\\u003e\\u0026"', '"\\ufeff\ufeff"', '"\\uffff\\ufffe"', '"\uffff"',
  '"\\ud83d\\ude00"', '"\\uD83D\\uDE00"', '"\\ud83d"', '"\\uDE00"', '"\\uDE00\\uD83D"', '"\\ud83d\\ud83d\\ude00"', '"\\ud83d\\ude00\\ude00"',
  '"\\ud83dx\\ude00"', '"\\ud83d\\n\\ude00"', '"\\ud83d\\u0041"', '"\\ud83d\u00e9"', '"\u00e9\\ud83d"', '"\\ud800\\udc00"', '"\\udbff\\udfff"', '"\\udbff\\ue000"',
  '"\\ud83d\ud83d\ude00"', '"\\ud7ff\\ue000"', '"' + "x".repeat(100) + '\\u0041"', '"12345678\\n12345678\\"1234567"', '"' + "\u00e9".repeat(40) + '"',
  // Keys: array indices first, ascending; the others as they came.
  '{"b":1,"a":2}', '{"b":1,"2":2,"a":3,"1":4}', '{"1":1,"2":2,"a":3}', '{"2":1,"1":2}', '{"10":1,"9":2}', '{"a":1,"0":2}', '{"01":1,"1":2}', '{"00":1,"0":2}',
  '{"-1":1,"1":2}', '{"1.0":1,"1":2}', '{"x":1,"4294967293":2}', '{"x":1,"4294967294":2}', '{"x":1,"4294967295":2}', '{"x":1,"4294967296":2}',
  '{"x":1,"9007199254740991":2}', '{"x":1,"99999999999":2}', '{"x":1,"":2}', '{"x":1," 1":2}', '{"x":1,"1e3":2}', '{"x":1,"\\u0031":2}',
  '{"4294967294":1,"4294967293":2,"4294967295":3,"0":4}',
  // Equal keys: the first place, the last value.
  '{"a":1,"a":2}', '{"a":1,"b":2,"a":3}', '{"a":1,"b":2,"a":3,"b":4,"a":5}', '{"a":1,"\\u0061":2}', '{"1":1,"x":0,"1":2}', '{"1":1,"1":2}', '{"x":0,"2":1,"1":2,"2":3}',
  '{"\\ud83d":1,"\\ud83d":2,"\\ude00":3}', '{"\\u2028":1,"\u2028":2}', '{"/":1,"\\/":2}',
  // Names that JavaScript treats with care elsewhere.
  '{"__proto__":1}', '{"__proto__":{"a":1},"a":2}', '{"__proto__":1,"__proto__":2}', '{"a":1,"__proto__":null,"1":2}', '{"constructor":1,"toString":2}', '{"toJSON":1}', '{"length":1}',
  // Nesting, with objects to be reordered inside others.
  '{"b":{"2":[{"y":1,"1":2}],"1":{"a":1,"a":{"z":1,"0":2}}},"1":{"q":1,"0":{"w":2,"w":3}}}', '[{"a":1,"1":{"b":1,"2":{"c":1,"3":{}}}},{"a":1}]',
  '{"a":{"x":1,"1":2},"a":{"y":1,"2":3},"b":{"z":1,"0":0}}', '{"message":"x"}', '[1,{"a":[true,false,null,"s",-1.5]}]',
  "[".repeat(100) + "]".repeat(100),
  '{"k0":' + '{"k":1,"0":'.repeat(50) + "0" + "}".repeat(50) + "}",
  "{" + Array.from({ length: 60 }, (_, i) => `"k${i % 40}":${i}`).join() + "}",
  "{" + Array.from({ length: 60 }, (_, i) => `"${(i * 37) % 50}":${i},"k${i}":${i}`).join() + "}",
];

const invalid = [
  "", " ", "nul", "nulll", "NULL", "True", "undefined", "NaN", "Infinity", "-Infinity", "-", "+1", "01", "-01", "1.", ".5", "-.5", "1.e1", "1e", "1e+", "1ee2", "0x10", "1_000",
  "1 2", "1,", "[1,]", "[,1]", "[1 2]", "[", "]", "[1", "{", "}", '{"a"}', '{"a":}', '{"a":1,}', "{,}", '{a:1}', "{'a':1}", '{"a" 1}', '{1:2}', '{"a":1 "b":2}', '{"a":1', '{"a"', "[}", "{]",
  '"', '"abc', '"\\"', '"\\x41"', '"\\a"', '"\\u"', '"\\u12"', '"\\u12g4"', '"\\u 123"', '"\\', '"\\u00', "'a'", '"a\nb"', '"a\tb"', '"a\u0000b"', '"\u001f"', '"12345678\u0001"', "null\u0000",
  "\ufeffnull", "\u00a0null", "\u2028null", "\u000bnull", "\u000cnull", "// c\nnull", "null // c", "/* c */ null", "[]]", "{}}", "[null]x", '""""', "tru", "truefalse", "[true false]",
];

// Whole characters first, then what each rule of well-formed UTF-8 shuts out.
const bytes = [
  "22c3a922", "22e4b8ad22", "22f09f988022", "22ff22", "22fe80ff22", "228022", "22808022", "22c322", "22c3c3a922", "22c08022", "22c1bf22", "22e28222", "22e2828222", "22e2827822", "22e08080 22", "22e0a022", "22eda08022",
  "22edb08022", "22eda0bdedb88022", "22ed9fbf22", "22ee808022", "22f09f9822", "22f09f22", "22f022", "22f08080 8022", "22f48fbfbf22", "22f490808022", "22f580808022", "22f88888808022", "22e2f09f988022", "22f09fe2828222",
  "22c3285c6e22", "225c7564383364edb88022", "7b22ff223a312c22fe223a322c22efbfbd223a337d", "7bff7d", "ff", "22e282", "5b22c3", "226162636465666768ff6162636465666768ff22", "c3a9",
].map((hex) => hex.replaceAll(" ", ""));

function result(text) {
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    return { error: true };
  }
  return { out: JSON.stringify(value) };
}

const cases = [
  ...[...valid, ...invalid].map((text) => ({ text, ...result(text) })),
  ...bytes.map((hex) => ({ hex, ...result(Buffer.from(hex, "hex").toString("utf8")) })),
];
for (const text of valid) {
  if (result(text).error) throw new Error(`listed as valid: ${text}`);
}
for (const text of invalid) {
  if (!result(text).error) throw new Error(`listed as invalid: ${text}`);
}
process.stdout.write(`[\n${cases.map((c) => JSON.stringify(c)).join(",\n")}\n]\n`);
