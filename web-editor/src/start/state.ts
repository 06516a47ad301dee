import { create } from "zustand";

/** A step of the first path, and whether it was taken. */
export interface Steps {
  contacts: boolean;
  cascade: boolean;
  launch: boolean;
}

export type Step = keyof Steps;
export const order: Step[] = ["contacts", "cascade", "launch"];

/** The step to take now; null where all were taken. */
export const next = (s: Steps): Step | null => order.find((k) => !s[k]) ?? null;

/** Whether the path is shown by itself: until something was launched, unless somebody put it away. */
export const shown = (s: Steps, wish: Wish): boolean => wish === "yes" || (wish === "" && !s.launch);

/** Where the launch is: the form of a campaign where a version is there to send, else the drawing that is to be published. */
export function launchPlace(cascades: readonly { id: string; published?: unknown }[]): string | null {
  const ready = cascades.find((c) => c.published);
  if (ready) return `/campaigns/new?scheme=${ready.id}`;
  return cascades[0] ? `/cascades/${cascades[0].id}` : null;
}

/** What somebody said of the path: to show it, to put it away, or nothing. */
export type Wish = "yes" | "no" | "";

const key = (account: string) => `kaskad.start.${account}`;

const kept = (account: string): Wish => {
  const v = localStorage.getItem(key(account));
  return v === "yes" || v === "no" ? v : "";
};

interface Wishes {
  /** By account. */
  wishes: Record<string, Wish>;
  wish: (account: string, w: Wish) => void;
}

const useWishes = create<Wishes>((set) => ({
  wishes: {},
  wish: (account, w) => {
    localStorage.setItem(key(account), w);
    set((s) => ({ wishes: { ...s.wishes, [account]: w } }));
  },
}));

/** The wish of this browser for an account, and how it is changed. */
export function useWish(account: string): [Wish, (w: Wish) => void] {
  const said = useWishes((s) => s.wishes[account]);
  const wish = useWishes((s) => s.wish);
  return [said ?? kept(account), (w) => wish(account, w)];
}
