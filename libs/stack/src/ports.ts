import { readdirSync, readlinkSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { orElse, readOrEmpty } from './system.ts';

/** A TCP port of 127.0.0.1 that nothing holds at this moment. */
export function freePort(): Promise<number> {
  return listenOnce(0);
}

/** Checks that `port` can be held on 127.0.0.1. Throws saying which process has it and that `what.variable` moves it. */
export async function claimPort(port: number, what: { name: string; variable: string }): Promise<void> {
  await listenOnce(port).catch((error) => {
    if (error.code !== 'EADDRINUSE') throw error;
    const holder = holderOf(port) ?? 'a process that we may not see';
    const advice = `Stop it, or choose another port: ${what.variable}=<port>.`;
    throw new Error(`port ${port}, which ${what.name} needs, is taken by ${holder}. ${advice}`);
  });
}

function listenOnce(port: number): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address() as AddressInfo;
      server.close(() => resolve(address.port));
    });
  });
}

/** `pid 12 (command line)`, found through /proc; undefined on other systems, or when /proc hides it from us. */
function holderOf(port: number): string | undefined {
  const sockets = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listeningSockets(table, port)));
  const holds = (file: string) => sockets.has(orElse(() => readlinkSync(file), ''));
  const pids = orElse(() => readdirSync('/proc'), []).filter((name) => /^\d+$/.test(name));
  const descriptors = (pid: string) => orElse(() => readdirSync(`/proc/${pid}/fd`), []);
  const pid = pids.find((it) => descriptors(it).some((fd) => holds(`/proc/${it}/fd/${fd}`)));
  return pid && `pid ${pid} (${readOrEmpty(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim().slice(0, 120)})`;
}

function listeningSockets(table: string, port: number): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const rows = readOrEmpty(table)
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  // proc(5): the local address is field 1, the state field 3 (0A listens), the inode field 9.
  return rows.filter((row) => row[1]?.endsWith(`:${hex}`) && row[3] === '0A').map((row) => `socket:[${row[9]}]`);
}
