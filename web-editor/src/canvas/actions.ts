import { notifications } from "@mantine/notifications";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { tell } from "../parts/tell";
import { fixedOutcomes, useWorkbench, type Workbench } from "./context";
import { pack, unpack } from "./logic/clipboard";
import { type Block, blockOf, type Link } from "./logic/document";
import * as edit from "./logic/edit";
import { freshConfig, placeAfter } from "./logic/fresh";
import { loop } from "./logic/graph";
import { arrange } from "./logic/layout";
import { freeOutcomes, outcomesOf } from "./logic/outcomes";
import { redo, undo } from "./logic/store";
import type { Say } from "./logic/words";
import { useTypeNames } from "./names";
import type { Place } from "./ui";

type Taken = Pick<Link, "type" | "value">;

const chosen = (w: Workbench) => w.editor.getState().selection;
const scheme = (w: Workbench) => w.editor.getState().scheme;
const only = (id: string): edit.Selection => ({ ...edit.nothing, blocks: new Set([id]) });

function addBlock(w: Workbench, type: string, at: Place): Block {
  const s = scheme(w);
  const senders = w.types.get(type)?.fields.some((f) => f.name === "sender") ?? false;
  const [next, block] = edit.addBlock(s, type, "", at.x, at.y, freshConfig(s, type, senders));
  w.editor.getState().change(() => next);
  w.editor.getState().select(only(block.id));
  w.ui.setState({ closed: "", palette: false });
  return block;
}

/** Several changes that are one step of undo. */
function asOne(w: Workbench, f: () => void) {
  w.editor.getState().end();
  w.editor.getState().begin();
  f();
  w.editor.getState().end();
}

/**
 * All that can be done to an open scheme, by whatever means: mouse, keyboard, menus. The same object at every drawing: what
 * the canvas is given anew it draws anew, for each of its links.
 */
export function useActions(): Actions {
  const w = useWorkbench();
  const { t } = useTranslation();
  const typeName = useTypeNames();
  return useMemo(() => actionsOf(w, t, typeName), [w, t, typeName]);
}

function actionsOf(w: Workbench, t: Say, typeName: (type: string) => string) {
  const change = (f: (s: ReturnType<typeof scheme>) => ReturnType<typeof scheme>) => w.editor.getState().change(f);
  const select = (s: edit.Selection) => w.editor.getState().select(s);

  const refuseLoop = (way: string[]) =>
    notifications.show({
      color: "red",
      withBorder: true,
      title: t("canvas.loop.title"),
      message: t("canvas.loop.text", { way: way.map((id) => edit.nameOf(scheme(w), id, typeName)).join(" → ") }),
      autoClose: 8000,
    });
  /** Whether a link may be drawn; says why where it may not. */
  const allowed = (from: string, to: string, without?: string): boolean => {
    const way = loop(scheme(w), from, to, without);
    if (way) refuseLoop(way);
    return !way;
  };
  const connect = (from: string, to: string) => {
    const block = blockOf(scheme(w), from);
    if (!block || !allowed(from, to)) return;
    const free = freeOutcomes(scheme(w), block, fixedOutcomes(w.types, block));
    const [one] = free;
    if (!one)
      return void notifications.show({
        message: t("canvas.noOutcome", { name: edit.nameOf(scheme(w), from, typeName) }),
      });
    if (free.length === 1 && !one.any) return void link(from, to, one);
    w.ui.setState({ question: { ask: "link", from, to } });
  };
  const link = (from: string, to: string, o: Taken) =>
    change((s) => edit.addLink(s, { from, to, type: o.type, value: o.value })[0]);
  const reconnect = (id: string, from: string, to: string) => {
    const old = scheme(w).links.find((l) => l.id === id);
    if (!old || (old.from === from && old.to === to) || !allowed(from, to, id)) return;
    const block = blockOf(scheme(w), from);
    const fits =
      block &&
      freeOutcomes(scheme(w), block, fixedOutcomes(w.types, block), id).some(
        (o) => o.type === old.type && (o.any || o.value === old.value),
      );
    if (!fits)
      return void notifications.show({
        color: "red",
        message: t("canvas.notOffered", { name: edit.nameOf(scheme(w), from, typeName) }),
      });
    change((s) => edit.changeLink(s, id, { from, to }));
  };
  const follow = (type: string, from: string, o: Taken, at?: Place) =>
    asOne(w, () => {
      const block = blockOf(scheme(w), from);
      if (!block) return;
      const made = addBlock(w, type, at ?? placeAfter(scheme(w), block));
      link(from, made.id, o);
    });
  /** Puts a new block into a link; it leads on by its first free outcome. */
  const insert = (type: string, linkID: string) =>
    asOne(w, () => {
      const l = scheme(w).links.find((x) => x.id === linkID);
      const [a, b] = [l && blockOf(scheme(w), l.from), l && blockOf(scheme(w), l.to)];
      if (!l || !a || !b) return;
      const made = addBlock(w, type, { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
      into(made, linkID);
      if (Math.abs(b.y - a.y) < 320)
        change((s) => edit.move(s, new Map(below(s, b.id).map((n) => [n.id, { x: n.x, y: n.y + 150 }]))));
    });
  const into = (block: Block, linkID: string) => {
    const outs = outcomesOf(block, fixedOutcomes(w.types, block));
    const out =
      outs.find((o) => o.type === "next") ??
      outs.find((o) => o.value === "not_delivered" || o.value === "no_answer") ??
      outs.find((o) => !o.any);
    change((s) => edit.insertInto(s, linkID, block.id, out ? { type: out.type, value: out.value } : null));
  };
  const remove = (what: edit.Selection = chosen(w)) => change((s) => edit.remove(s, what));
  const paste = (text: string) => {
    const what = unpack(text);
    if (!what) return false;
    const known = { ...what, nodes: what.nodes.filter((n) => w.types.has(n.type)) };
    const here = w.view.centre();
    const all = [...known.nodes, ...known.notes];
    const first = all[0];
    if (!first) return false;
    const left = Math.min(...all.map((n) => n.x));
    const top = Math.min(...all.map((n) => n.y));
    const there = new Set(scheme(w).nodes.map((n) => `${n.x} ${n.y}`));
    let [dx, dy] = [here.x - left - 110, here.y - top - 40];
    while (there.has(`${Math.round((first.x + dx) / 10) * 10} ${Math.round((first.y + dy) / 10) * 10}`))
      [dx, dy] = [dx + 40, dy + 40];
    const [next, added] = edit.paste(scheme(w), known, dx, dy);
    change(() => next);
    select(added);
    return true;
  };
  const copied = () => {
    const what = edit.part(scheme(w), chosen(w));
    return what.nodes.length + what.notes.length ? pack(what) : null;
  };
  return {
    addBlock: (type: string, at?: Place) => addBlock(w, type, at ?? freeSpot(w)),
    connect,
    link,
    relink: (id: string, o: Taken) => change((s) => edit.changeLink(s, id, { type: o.type, value: o.value })),
    reconnect,
    follow,
    insert,
    insertBlock: (id: string, linkID: string) => {
      const block = blockOf(scheme(w), id);
      if (block) into(block, linkID);
    },
    remove,
    copied,
    paste,
    duplicate: () => {
      const [next, added] = edit.duplicate(scheme(w), chosen(w));
      change(() => next);
      select(added);
    },
    note: () => {
      const at = w.view.centre();
      const [next, note] = edit.addNote(scheme(w), at.x - 110, at.y - 60, "");
      change(() => next);
      select({ ...edit.nothing, notes: new Set([note.id]) });
    },
    undo: () => undo(w.editor),
    redo: () => redo(w.editor),
    arrange: () => {
      change((s) => arrange(s, w.mapper.size));
      requestAnimationFrame(() => w.view.fit());
    },
    align: (edge: edit.Edge) => change((s) => edit.align(s, chosen(w).blocks, edge, w.mapper.size)),
    spread: (along: "x" | "y") => change((s) => edit.distribute(s, chosen(w).blocks, along, w.mapper.size)),
    all: () =>
      select({
        blocks: new Set(scheme(w).nodes.map((n) => n.id)),
        links: new Set(),
        notes: new Set((scheme(w).editor?.notes ?? []).map((n) => n.id)),
      }),
    nudge: (dx: number, dy: number) =>
      change((s) =>
        edit.move(
          s,
          new Map(
            [
              ...s.nodes.filter((n) => chosen(w).blocks.has(n.id)),
              ...(s.editor?.notes ?? []).filter((n) => chosen(w).notes.has(n.id)),
            ].map((n) => [n.id, { x: n.x + dx, y: n.y + dy }]),
          ),
        ),
      ),
    show: (id: string) => {
      select(only(id));
      w.ui.setState({ closed: "" });
      w.view.show([id]);
    },
    clipboardFailed: () => tell(new Error(t("canvas.clipboard"))),
  };
}

export type Actions = ReturnType<typeof actionsOf>;

/** A block and all that it leads to. */
function below(s: ReturnType<typeof scheme>, id: string): Block[] {
  const seen = new Set([id]);
  for (const at of seen) for (const l of s.links) if (l.from === at) seen.add(l.to);
  return s.nodes.filter((n) => seen.has(n.id));
}

/** The middle of what is seen, or the next place beside it where nothing stands. */
function freeSpot(w: Workbench): Place {
  const at = w.view.centre();
  let [x, y] = [at.x - 110, at.y - 40];
  while (scheme(w).nodes.some((n) => Math.abs(n.x - x) < 60 && Math.abs(n.y - y) < 60)) [x, y] = [x + 40, y + 60];
  return { x, y };
}
