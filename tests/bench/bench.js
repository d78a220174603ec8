/**
 * Measures ATSi: `./build.sh bench`, or `./build.sh bench GROUP`. Prints a table and writes
 * `dist/bench.json`. An aim that is missed is printed as missed and is no failure; a measurement
 * that could not be made is one.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dist } from '../browser/servers.js';
import { applications } from './applications.js';
import { button } from './button.js';
import { candidates } from './candidates.js';
import { list } from './list.js';
import { live } from './live.js';
import { page } from './page.js';
import { proxy } from './proxy.js';
import { size } from './size.js';
import { snapshot } from './snapshot.js';
import { table } from './table.js';
import { tracker } from './tracker.js';

/** Each resolves to its figures: `{name, value, unit, baseline, ratio, aim, met}`. */
const groups = { size, button, page, snapshot, list, tracker, candidates, applications, live, proxy };

const wanted = process.argv[2];
if (wanted && !groups[wanted]) {
  console.error(`There is no group ${wanted}; there are ${Object.keys(groups).join(', ')}.`);
  process.exit(2);
}

const figures = [];
for (const name of wanted ? [wanted] : Object.keys(groups)) {
  console.error(`Measuring: ${name}`);
  figures.push(...(await groups[name]()));
}

const file = join(dist, 'bench.json');
writeFileSync(file, `${JSON.stringify(figures, null, 2)}\n`);
console.log(`\n${table(figures)}\n\n${file}`);
