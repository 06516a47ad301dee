import { Skeleton } from "@mantine/core";
import { lazy, type ReactNode, Suspense } from "react";

export interface WallProps {
  label: string;
  description?: ReactNode;
  /** "2026-06-15T10:00"; empty: none. */
  value: string;
  set: (wall: string) => void;
  error?: string;
  required?: boolean;
  /** Whose clock is meant, in words. */
  clock: string;
  /** The time of a day that is chosen while no time is. */
  standard: string;
}

export interface DayProps {
  label: string;
  /** The label is heard only: what stands around says it to the eye. */
  unlabelled?: boolean;
  /** "2026-06-15"; empty: none. */
  value: string;
  set: (day: string) => void;
  error?: ReactNode;
  required?: boolean;
  readOnly?: boolean;
  /** The ids of what describes it. */
  described?: string;
}

export interface ClockProps {
  label: string;
  /** What it is the time of, for those who hear it. */
  name?: string;
  /** "10:00". */
  value: string;
  set: (time: string) => void;
  error?: ReactNode;
}

// Calendars are large, and most screens have none.
const Wall = lazy(() => import("./WallFields"));
const Day = lazy(async () => ({ default: (await import("./WallFields")).Day }));
const Clock = lazy(async () => ({ default: (await import("./WallFields")).Clock }));

/** A wall-clock time, in the words and order of Kaskad's language. */
export const WallInput = (p: WallProps) => (
  <Suspense fallback={<Skeleton height={61} maw={320} />}>
    <Wall {...p} />
  </Suspense>
);

/** A day, in the words and order of Kaskad's language. */
export const DayInput = (p: DayProps) => (
  <Suspense fallback={<Skeleton height={61} maw={240} />}>
    <Day {...p} />
  </Suspense>
);

/** A time of day. */
export const ClockInput = (p: ClockProps) => (
  <Suspense fallback={<Skeleton height={61} width={100} />}>
    <Clock {...p} />
  </Suspense>
);
