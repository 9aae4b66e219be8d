// The cases of what socket.io-client can do, by their names.
import * as acks from "./acks.mjs";
import * as connecting from "./connecting.mjs";
import * as data from "./data.mjs";
import { kit } from "./kit.mjs";
import * as order from "./order.mjs";
import * as rooms from "./rooms.mjs";

const cases = { ...acks, ...connecting, ...data, ...order, ...rooms };

// run runs a case and ends its clients.
export async function run(name, where) {
  const its = kit(where);
  try {
    return await cases[name](its);
  } finally {
    its.close();
  }
}
