import { createContext, useContext } from "react";
import { useStore } from "zustand";
import type { BlockFigures, Live, LiveStore } from "./figures";

const Context = createContext<LiveStore | null>(null);
export const FiguresProvider = Context.Provider;

/** A part of the page's figures; the component is drawn again only when that part changes. */
export function useFigures<T>(part: (l: Live) => T): T {
  const store = useContext(Context);
  if (!store) throw new Error("there is no open campaign here");
  return useStore(store, part);
}

export const useBlockFigures = (id: string): BlockFigures | undefined =>
  useFigures((l) => l.figures?.blocks.find((b) => b.id === id));
