import { type ChildProcess, spawn } from "node:child_process";
import { connect, createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** How long a process may take to answer, and then to end, in milliseconds. */
const PATIENCE = 15_000;

/** A process that a test started. */
export interface Running {
  /** Ends the process and waits until it is gone. */
  stop(): Promise<void>;
}

/** A program that a test started, and can fail as programs do. */
export interface Program extends Running {
  /** SIGKILL: it has no time for anything. */
  kill(): Promise<void>;
  /** SIGSTOP: it keeps its connections, and answers nobody until resume. */
  hang(): void;
  resume(): void;
}

/** A program that is started again, at the same address, once it was ended. */
export interface Server extends Program {
  start(): Promise<void>;
}

/** The server whose program is first, and what again gives from then on. */
export function server(first: Program, again: () => Promise<Program>): Server {
  let current = first;
  return {
    stop: () => current.stop(),
    kill: () => current.kill(),
    hang: () => current.hang(),
    resume: () => current.resume(),
    async start() {
      current = await again();
    },
  };
}

/** A port that is free on 127.0.0.1. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string") {
        reject(new Error("the system gave no port"));
        return;
      }
      server.close(() => resolve(address.port));
    });
  });
}

/** Whether something accepts connections on the port of host. */
export function isTaken(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** Starts a program and waits until ready says so; its output is in the error where it does not. */
export async function start(
  program: string,
  args: readonly string[],
  ready: () => Promise<boolean>,
  environment: Readonly<Record<string, string>> = {},
): Promise<Program> {
  const child = spawn(program, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...environment },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (data: Buffer) => {
      output = (output + data).slice(-4000);
    });
  }
  let failure = "";
  child.once("error", (error) => {
    failure = error.message;
  });

  const until = Date.now() + PATIENCE;
  while (!(await ready())) {
    if (failure === "" && hasEnded(child)) failure = `ended with ${child.exitCode}`;
    if (failure === "" && Date.now() > until) failure = `gave no answer within ${PATIENCE} ms`;
    if (failure !== "") {
      child.kill("SIGKILL");
      throw new Error(`${program} ${args.join(" ")}: ${failure}\n${output}`);
    }
    await delay(20);
  }
  return {
    stop: () => stop(child, "SIGTERM"),
    kill: () => stop(child, "SIGKILL"),
    hang: () => child.kill("SIGSTOP"),
    resume: () => child.kill("SIGCONT"),
  };
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (hasEnded(child)) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill(signal);
  child.kill("SIGCONT"); // one that hangs would not hear of it
  const force = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
  await ended;
  clearTimeout(force);
}
