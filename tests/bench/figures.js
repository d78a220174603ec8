export const round = (value) => Math.round(value * 100) / 100;

/** Nearest rank: the smallest value that at least `share` of all are not above. */
export function quantile(values, share) {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
}
export const median = (values) => quantile(values, 0.5);

/**
 * One entry of bench.json.
 *
 * @param {string} name
 * @param {number} value
 * @param {string} unit
 * @param {object} [more]
 * @param {number} [more.baseline] the same, measured of the thing compared with
 * @param {number} [more.most] the aim: no more than this
 * @param {number} [more.mostRatio] the aim: no more than this many times the baseline
 * @param {number} [more.leastRatio] the aim: no less than this many times the baseline
 */
export function figure(name, value, unit, { baseline = null, most, mostRatio, leastRatio } = {}) {
  if (!Number.isFinite(value)) throw new Error(`${name} was not measured: ${value}`);
  const ratio = baseline ? round(value / baseline) : null;
  const [aim, met] =
    leastRatio !== undefined
      ? [`>= ${leastRatio}× the baseline`, ratio >= leastRatio]
      : mostRatio !== undefined
        ? [`<= ${mostRatio}× the baseline`, ratio <= mostRatio]
        : most !== undefined
          ? [`<= ${most} ${unit}`, round(value) <= most]
          : [null, null];
  return {
    name,
    value: round(value),
    unit,
    baseline: baseline === null ? null : round(baseline),
    ratio,
    aim,
    met,
  };
}
