import { readdirSync, readlinkSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { orElse, readIfThere } from './system.ts';

/** A TCP port of 127.0.0.1 that nothing holds at this moment. */
export const freePort = (): Promise<number> => listenOnce(0);

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
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const rows = `${readIfThere('/proc/net/tcp')}\n${readIfThere('/proc/net/tcp6')}`.split('\n');
  // proc(5): the local address is field 1, the state field 3 (0A listens), the inode field 9.
  const ours = rows.map((row) => row.trim().split(/\s+/)).filter((it) => it[1]?.endsWith(`:${hex}`) && it[3] === '0A');
  const sockets = new Set(ours.map((fields) => `socket:[${fields[9]}]`));
  const list = (folder: string) => orElse(() => readdirSync(folder), []);
  const holds = (fd: string) => sockets.has(orElse(() => readlinkSync(fd), ''));
  const pids = list('/proc').filter((name) => /^\d+$/.test(name));
  const pid = pids.find((it) => list(`/proc/${it}/fd`).some((fd) => holds(`/proc/${it}/fd/${fd}`)));
  if (pid) return `pid ${pid} (${readIfThere(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim().slice(0, 120)})`;
}
