// Where the labels of links stand in a drawing, so that no card and no other label hides one.

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

interface Point {
  x: number;
  y: number;
}

export interface Labelled {
  id: string;
  /** Where the link begins, below a card, and where it ends, above another. */
  from: Point;
  to: Point;
  /** About how wide its label is. */
  width: number;
}

const high = 22;
const apart = 3;
const cell = 256;

/** Boxes by where they are, so that only those nearby are looked at. */
function ground() {
  const cells = new Map<string, Box[]>();
  const under = (b: Box) => {
    const keys: string[] = [];
    for (let x = Math.floor(b.x / cell); x <= Math.floor((b.x + b.width) / cell); x++)
      for (let y = Math.floor(b.y / cell); y <= Math.floor((b.y + b.height) / cell); y++) keys.push(`${x} ${y}`);
    return keys;
  };
  return {
    put(b: Box) {
      for (const k of under(b)) {
        const there = cells.get(k);
        if (there) there.push(b);
        else cells.set(k, [b]);
      }
    },
    /** How much of a box is covered. */
    covered(b: Box): number {
      const near = new Set(under(b).flatMap((k) => cells.get(k) ?? []));
      let area = 0;
      for (const o of near) {
        const w = Math.min(b.x + b.width, o.x + o.width) - Math.max(b.x, o.x);
        const h = Math.min(b.y + b.height, o.y + o.height) - Math.max(b.y, o.y);
        if (w > 0 && h > 0) area += w * h;
      }
      return area;
    },
  };
}

/** How far the curve of React Flow leaves a card straight down before it bends. */
const reach = (distance: number) => (distance >= 0 ? distance / 2 : 6.25 * Math.sqrt(-distance));

/** A point of the curve from below a card to above another; at 0 it begins, at 1 it ends. */
export function along({ from, to }: Pick<Labelled, "from" | "to">, t: number): Point {
  const bend = reach(to.y - from.y);
  const [u, v] = [1 - t, t];
  const weigh = (a: number, b: number, c: number, d: number) =>
    a * u ** 3 + 3 * b * u * u * v + 3 * c * u * v * v + d * v ** 3;
  return { x: weigh(from.x, from.x, to.x, to.x), y: weigh(from.y, from.y + bend, to.y - bend, to.y) };
}

// The middle first, then ever nearer to the ends; on the line first, then beside it.
const steps = [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82, 0.1, 0.9];
const asides = [0, -0.3, 0.3, -0.55, 0.55];

function* places(l: Labelled): Generator<Point> {
  for (const aside of asides)
    for (const t of steps) {
      const p = along(l, t);
      yield { x: p.x + aside * l.width, y: p.y };
    }
}

/** The middle of each link's label. One that finds no free place stands where it covers least. */
export function placeLabels(links: readonly Labelled[], cards: readonly Box[]): Map<string, Point> {
  const taken = ground();
  for (const c of cards) taken.put(c);
  const length = (l: Labelled) => Math.hypot(l.to.x - l.from.x, l.to.y - l.from.y);
  const out = new Map<string, Point>();
  // Short links have the least choice.
  for (const l of [...links].sort((a, b) => length(a) - length(b))) {
    const box = (p: Point): Box => ({
      x: p.x - l.width / 2 - apart,
      y: p.y - high / 2 - apart,
      width: l.width + 2 * apart,
      height: high + 2 * apart,
    });
    let best = along(l, 0.5);
    let least = Number.POSITIVE_INFINITY;
    for (const p of places(l)) {
      const covers = taken.covered(box(p));
      if (covers < least - 1) [best, least] = [p, covers];
      if (covers === 0) break;
    }
    taken.put(box(best));
    out.set(l.id, best);
  }
  return out;
}
