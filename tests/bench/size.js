import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What the build tool says of the sizes it holds to their budgets. */
export async function size() {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  const tool = join(process.env.CARGO_TARGET_DIR ?? join(root, 'target'), 'release', 'xtask');
  const lines = execFileSync(tool, ['sizes'], { cwd: root, encoding: 'utf8' });
  return lines.trim().split('\n').map((line) => JSON.parse(line));
}
