import { type NodeProps, NodeResizer } from "@xyflow/react";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import classes from "./canvas.module.css";
import { useWorkbench } from "./context";
import type { NoteNode } from "./flow";
import { changeNote, nothing } from "./logic/edit";

/** A comment on the canvas. */
export const NoteCard = memo(function NoteCard({ data: { note }, selected }: NodeProps<NoteNode>) {
  const { t } = useTranslation();
  const { editor, readOnly } = useWorkbench();
  const { begin, end, change, select } = editor.getState();
  return (
    <div className={classes.note} data-selected={selected || undefined}>
      <NodeResizer
        isVisible={Boolean(selected) && !readOnly}
        minWidth={120}
        minHeight={60}
        onResizeStart={begin}
        onResize={(_, size) =>
          change((s) =>
            changeNote(s, note.id, {
              x: size.x,
              y: size.y,
              width: Math.round(size.width),
              height: Math.round(size.height),
            }),
          )
        }
        onResizeEnd={end}
      />
      <textarea
        className={classes.noteText}
        aria-label={t("canvas.note.label")}
        placeholder={readOnly ? "" : t("canvas.note.hint")}
        value={note.text}
        readOnly={readOnly}
        maxLength={2000}
        onFocus={() => {
          // What the keyboard has reached is chosen: the menu deletes and copies it.
          if (!selected) select({ ...nothing, notes: new Set([note.id]) });
          begin();
        }}
        onBlur={end}
        onChange={(e) => change((s) => changeNote(s, note.id, { text: e.currentTarget.value }))}
      />
    </div>
  );
});
