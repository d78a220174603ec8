import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { figure } from './figures.js';

/** The proxy under load, over both databases: what `proxy/benches/proxy.rs` measures. */
export async function proxy() {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const args = ['bench', '--locked', '--quiet', '-p', 'atsi-proxy', '--bench', 'proxy'];
  const printed = execFileSync('cargo', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  return JSON.parse(printed).map(({ name, value, unit, ...aims }) => figure(name, value, unit, aims));
}
