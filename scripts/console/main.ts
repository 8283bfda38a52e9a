import { once } from 'node:events';
import { consolePort, dataDir } from './config.ts';
import { startConsole } from './server.ts';

async function main(): Promise<void> {
  const { env } = process;
  const place = { port: consolePort(env), dataDir: dataDir(env), url: env.CONSOLE_URL };
  await using running = await startConsole(place);
  console.log(`The console listens on ${running.url}`);
  await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
}

try {
  await main();
} catch (error) {
  const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
  const advice = taken ? ' Another program has that port: stop it, or set CONSOLE_PORT to a free one.' : '';
  console.error(`The console did not start: ${(error as Error).message}.${advice}`);
  process.exitCode = 1;
}
