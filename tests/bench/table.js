const COLUMNS = [
  ['figure', ({ name }) => name],
  ['value', ({ value, unit }) => `${value} ${unit}`.trim()],
  ['baseline', ({ baseline, unit }) => (baseline === null ? '' : `${baseline} ${unit}`.trim())],
  ['ratio', ({ ratio }) => (ratio === null ? '' : `${ratio}×`)],
  ['aim', ({ aim }) => aim ?? ''],
  ['', ({ met }) => (met === null ? '' : met ? 'met' : 'MISSED')],
];

/** Figures in aligned columns. */
export function table(figures) {
  const rows = [COLUMNS.map(([title]) => title), ...figures.map((figure) => COLUMNS.map(([, cell]) => cell(figure)))];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column])).join('  ').trimEnd())
    .join('\n');
}
