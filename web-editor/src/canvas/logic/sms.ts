// How many parts an SMS takes: 3GPP TS 23.038 (alphabet) and 23.040 (concatenation).

const basic = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
/** These take two places: an escape and themselves. */
const extended = new Set("\f^{}\\[~]|€");

export interface Size {
  alphabet: "GSM-7" | "UCS-2";
  /** Places taken: septets, or UTF-16 units. */
  units: number;
  parts: number;
  /** Places left in the last part. */
  left: number;
}

export function smsSize(text: string): Size {
  const chars = [...text];
  if (chars.every((c) => basic.has(c) || extended.has(c))) {
    const costs = chars.map((c) => (extended.has(c) ? 2 : 1));
    return { alphabet: "GSM-7", ...pack(costs, 160, 153) };
  }
  // A surrogate pair is never cut in two.
  return {
    alphabet: "UCS-2",
    ...pack(
      chars.map((c) => c.length),
      70,
      67,
    ),
  };
}

function pack(costs: number[], single: number, each: number) {
  const units = costs.reduce((a, b) => a + b, 0);
  if (units <= single) return { units, parts: units ? 1 : 0, left: single - units };
  let parts = 1;
  let used = 0;
  for (const cost of costs) {
    if (used + cost > each) {
      parts++;
      used = 0;
    }
    used += cost;
  }
  return { units, parts, left: each - used };
}
