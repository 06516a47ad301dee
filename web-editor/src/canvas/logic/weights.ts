/**
 * The weights in percent after one of them was set to a share: the others keep their proportion to each other, all are whole,
 * at least 1, and make a hundred.
 */
export function balance(weights: readonly number[], chosen: number, share: number): number[] {
  const others = weights.length - 1;
  const mine = Math.min(100 - others, Math.max(1, Math.round(share)));
  const room = 100 - mine;
  const sum = weights.reduce((a, w, i) => (i === chosen ? a : a + Math.max(0, w)), 0);
  const exact = weights.map((w, i) =>
    i === chosen ? mine : 1 + (room - others) * (sum > 0 ? Math.max(0, w) / sum : 1 / others),
  );
  const out = exact.map(Math.floor);
  // What rounding took goes to those who lost most.
  const order = exact.map((x, i) => [x - Math.floor(x), i] as const).sort((a, b) => b[0] - a[0]);
  let left = 100 - out.reduce((a, b) => a + b, 0);
  for (const [, i] of order) {
    if (left <= 0) break;
    if (i === chosen) continue;
    out[i] = (out[i] ?? 0) + 1;
    left--;
  }
  return others ? out : [100];
}
