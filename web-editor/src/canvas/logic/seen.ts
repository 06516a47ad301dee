// What of a drawing is seen, and how closely.

/** How the drawing is moved and scaled in its window. */
export interface View {
  x: number;
  y: number;
  zoom: number;
}

export interface Rect {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** The part of the drawing that a window shows, with some of what is beside it; all in the drawing's own measure. */
export function shown(v: View, window: { width: number; height: number }, beside = 0): Rect {
  return {
    left: -v.x / v.zoom - beside,
    top: -v.y / v.zoom - beside,
    right: (window.width - v.x) / v.zoom + beside,
    bottom: (window.height - v.y) / v.zoom + beside,
  };
}

export const within = (inner: Rect, outer: Rect): boolean =>
  inner.left >= outer.left && inner.right <= outer.right && inner.top >= outer.top && inner.bottom <= outer.bottom;

export const meet = (a: Rect, b: Rect): boolean =>
  a.left <= b.right && b.left <= a.right && a.top <= b.bottom && b.top <= a.bottom;

/** What is drawn of a drawing: from afar the outlines of all; near by, everything of a part. */
export interface Scope {
  far: boolean;
  /** Where blocks and links are drawn; null: everywhere. */
  part: Rect | null;
}

export const everything: Scope = { far: false, part: null };
export const afar: Scope = { far: true, part: null };

/** Below this a text of a card is smaller than one can read; what is between the two stays as it was. */
const farBelow = 0.42;
const nearFrom = 0.48;

/** How much beside the window is drawn already, in the drawing's measure, and after how much of that more is drawn. */
const margin = 240;
const stride = 80;

/** What to draw once the view has become another; the same object where nothing has to change. */
export function scopeOf(old: Scope, v: View, window: { width: number; height: number }): Scope {
  const far = v.zoom < (old.far ? nearFrom : farBelow);
  if (far) return afar;
  // Some at each stride, not all of it when the margin is used up: that would be felt.
  if (!old.far && old.part && within(shown(v, window, margin - stride), old.part)) return old;
  return { far, part: shown(v, window, margin) };
}
