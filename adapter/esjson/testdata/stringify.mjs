// Answers each line of standard input, a text in base64, with one line: what
// JSON.stringify(JSON.parse(text)) gives, in base64, or "!" where it throws.
import { createInterface } from "node:readline";

for await (const line of createInterface({ input: process.stdin })) {
  let answer = "!";
  try {
    const value = JSON.parse(Buffer.from(line, "base64").toString("utf8"));
    answer = Buffer.from(JSON.stringify(value)).toString("base64");
  } catch {
    // JSON.parse refused the text, which is the answer.
  }
  process.stdout.write(`${answer}\n`);
}
