// Processes that a test starts, each with its log, ended by their own ids only.
import { spawn, type ChildProcess } from "node:child_process";
import { createWriteStream, readFileSync } from "node:fs";
import { join } from "node:path";

export class Process {
  private child: ChildProcess | undefined;
  private ended: Promise<void> = Promise.resolve();
  readonly log: string;

  constructor(
    readonly name: string,
    private readonly folder: string,
    private readonly command: string,
    private readonly args: string[],
  ) {
    this.log = join(folder, `${name}.log`);
  }

  start(): void {
    const out = createWriteStream(this.log, { flags: "a" });
    const child = spawn(this.command, this.args, { cwd: this.folder, stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.pipe(out, { end: false });
    child.stderr.pipe(out, { end: false });
    child.on("error", (error) => out.write(`${error.message}\n`));
    this.ended = new Promise((resolve) => child.on("exit", () => resolve()));
    this.child = child;
  }

  // Asks, and insists after a while.
  async stop(): Promise<void> {
    const child = this.child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGTERM");
    const insist = setTimeout(() => child.kill("SIGKILL"), 5000);
    await this.ended;
    clearTimeout(insist);
  }

  get alive(): boolean {
    return this.child !== undefined && this.child.exitCode === null && this.child.signalCode === null;
  }

  tail(): string {
    try {
      return readFileSync(this.log, "utf8").split("\n").slice(-25).join("\n");
    } catch {
      return "(no log)";
    }
  }
}

export async function until(what: string, check: () => Promise<boolean> | boolean, seconds: number, explain: () => string = () => ""): Promise<void> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    if (await Promise.resolve(check()).catch(() => false)) return;
    if (Date.now() > end) throw new Error(`waited ${seconds} s in vain: ${what}\n${explain()}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
