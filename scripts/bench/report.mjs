import { contenders } from './contenders.mjs';
import { gflops, mean, medians, timesAsLong } from './figures.mjs';
import { shown, table } from './table.mjs';

/** What a case came to, from what was measured: a row of figures for each contender. */
export function rowsOf({ kind, timed }, { spec, roofline, found }) {
  const seconds = Object.fromEntries(
    Object.entries(found).map(([one, { rounds }]) => [one, medians(rounds)]),
  );
  const against = (other, own) =>
    seconds[other] === undefined ? null : timesAsLong(seconds[other], own);
  return Object.entries(found).map(([one, { rounds, ...rest }]) => {
    const own = seconds[one];
    const { precision } = contenders[one];
    const counted = kind === 'step' || kind === 'reward';
    const products = counted ? gflops({ kind, spec, timed }, own) : null;
    return {
      contender: one,
      ...rest,
      rounds: rounds.length,
      seconds: own,
      perSecond: counted ? (spec.count * items(kind, spec, own)) / sum(own) : null,
      gflops: products,
      shareOfLimit: counted ? products / roofline[precision] : null,
      timesEager: against('eager', own),
      timesTunedFp32: against('tuned-fp32', own),
      timesTuned: against('tuned', own),
    };
  });
}

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

/** Minibatches that these seconds are of. */
const items = (kind, spec, seconds) =>
  kind === 'reward' ? spec.architectures.length : seconds.length;

const times = (ratio) => (ratio === null ? '–' : `${ratio.toFixed(2)}×`);
const nameOf = (one) => `${contenders[one].title} ${contenders[one].precision}`;
const mark = ({ differs, agrees }) =>
  differs === undefined ? '–' : `${differs.toExponential(0)}${agrees ? '' : ' DISAGREES'}`;

/** The table of a case. Every ratio is another's time through the row's own: more is faster. */
export function tableOf(chosen, rows) {
  const tables = {
    step: stepTable,
    reward: stepTable,
    controller: itemTable,
    operators: itemTable,
  };
  return table(tables[chosen.kind](chosen, rows));
}

function stepTable({ kind, figure }, rows) {
  const unit = kind === 'reward' ? 'ms' : 'ms a step';
  const head = ['', figure, unit, 'vs eager', 'vs tuned fp32', 'vs tuned bf16'];
  return [
    [...head, 'GFLOP/s', 'of the limit', 'peak MB', 'first step s', 'differs by', 'rounds'],
    ...rows.map((row) => [
      nameOf(row.contender),
      shown(row.perSecond),
      shown(1000 * mean(row.seconds)),
      times(row.timesEager),
      times(row.timesTunedFp32),
      times(row.timesTuned),
      shown(row.gflops),
      `${(100 * row.shareOfLimit).toFixed(0)} %`,
      (row.peakBytes / 1e6).toFixed(0),
      shown(row.firstStepSeconds),
      mark(row),
      String(row.rounds),
    ]),
  ];
}

/** Of cases whose items are things of their own: a line for each, and a column for each contender. */
function itemTable({ timed, figure }, rows) {
  const scale = figure === 'ns' ? 1e9 : 1e3;
  const ours = rows.find(({ contender }) => contender.startsWith('ours'));
  const head = [figure, ...rows.map(({ contender }) => nameOf(contender))];
  const body = timed.map((item, i) => {
    const cells = rows.map(({ seconds, contender }) => {
      const ratio =
        ours === undefined || contender.startsWith('ours') ? '' : seconds[i] / ours.seconds[i];
      return `${shown(scale * seconds[i])}${ratio === '' ? '' : ` (${ratio.toFixed(2)}×)`}`;
    });
    return [itemName(item), ...cells];
  });
  return [head, ...body];
}

function itemName(item) {
  if (typeof item === 'number') return `sampling ${item} at once`;
  return typeof item === 'string' ? item : `update by ${item.update}`;
}
