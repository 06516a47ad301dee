import { Input, Skeleton } from "@mantine/core";
import { lazy, Suspense, useId } from "react";
import type { CodeProps } from "./CodeArea";

const CodeArea = lazy(() => import("./CodeArea"));

/** A field for an expression, with colours, completion, and mistakes shown where they are. */
export function Code({ unlabelled, required, ...p }: CodeProps & { unlabelled?: boolean; required?: boolean }) {
  const id = useId();
  return (
    <Input.Wrapper
      label={unlabelled ? undefined : p.label}
      labelElement="div"
      required={required}
      error={p.error}
      errorProps={{ id, style: { whiteSpace: "pre-line", overflowWrap: "anywhere" } }}
    >
      <div
        style={{
          marginTop: 4,
          minHeight: 36,
          border: `1px solid var(--mantine-color-${p.error ? "error" : "gray-4"})`,
          borderColor: p.error ? "var(--mantine-color-error)" : "var(--input-bd, var(--mantine-color-default-border))",
          borderRadius: "var(--mantine-radius-md)",
          background: p.readOnly ? "var(--mantine-color-default-hover)" : "var(--mantine-color-body)",
        }}
      >
        <Suspense fallback={<Skeleton h={34} />}>
          <CodeArea {...p} />
        </Suspense>
      </div>
    </Input.Wrapper>
  );
}
