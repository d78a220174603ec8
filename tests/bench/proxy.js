import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { figure } from './figures.js';

/** Runs `proxy/benches/proxy.rs`. @returns {string} what it prints */
export function runProxyBench(...more) {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const args = ['bench', '--locked', '--quiet', '-p', 'atsi-proxy', '--bench', 'proxy', '--', ...more];
  return execFileSync('cargo', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

/** The proxy under load, over both databases. */
export async function proxy() {
  return JSON.parse(runProxyBench()).map(({ name, value, unit, ...aims }) => figure(name, value, unit, aims));
}
